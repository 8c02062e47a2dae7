# The program in a small image: the services of the shop and the harness alike.

# What it is made from. scripts/stack-env --pin names both by the digest of what was pulled.
ARG RUNTIME_IMAGE=debian:bookworm-slim
ARG BUILD_IMAGE=swift:6.3-bookworm

# What the program runs in. First, so that `docker build --target runtime` makes this alone: scripts/image puts a program into it that was built outside.
FROM ${RUNTIME_IMAGE} AS runtime
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates libcurl4 libmosquitto1 libsqlite3-0 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /waybill --shell /usr/sbin/nologin waybill \
    && install -d -o waybill -g waybill /waybill /waybill/store /waybill/traces /waybill/runs \
        /waybill/services/order /waybill/services/packaging /waybill/services/shipping /waybill/services/notification
USER 10001:10001
WORKDIR /waybill
ENTRYPOINT ["waybill"]
CMD ["--help"]

FROM ${BUILD_IMAGE} AS build
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libmosquitto-dev libsqlite3-dev libssl-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src

# Layers that change only with the manifest: the packages we depend on, fetched, and then compiled with empty targets in the place of ours.
# A layer keeps times to the second only, and what was compiled would count as changed: so the exact times are noted, and set again below.
COPY Package.swift Package.resolve[d] ./
RUN swift package resolve
COPY Sources/CChecksum Sources/CChecksum
COPY Sources/CLinux Sources/CLinux
COPY Sources/CMosquitto Sources/CMosquitto
COPY Sources/COpenSSL Sources/COpenSSL
COPY Sources/CZlib Sources/CZlib
RUN tr -d ' \n' <Package.swift | grep -oE '(library|tests)\("[A-Za-z]+"' | sed -E 's/library."(.*)"/Sources\/\1/; s/tests."(.*)"/Tests\/\1/' \
    | while read -r target; do mkdir -p "$target" && echo "// empty" >"$target/empty.swift"; done \
    && mkdir -p Sources/waybill Tests/ReportingTests/Snapshots Tests/CommandTests/Cases Tests/TraceTests/VersionOne && echo "// empty" >Sources/waybill/main.swift \
    && swift build --configuration release --static-swift-stdlib --product waybill \
    && rm -r Sources \
    && find .build -printf "touch -hd @%T@ '%p'\n" >/times

COPY Sources Sources
RUN sh /times \
    && swift build --configuration release --static-swift-stdlib --product waybill \
    && install -D --strip "$(swift build --configuration release --show-bin-path)/waybill" /out/waybill

FROM runtime
COPY --from=build /out/waybill /usr/local/bin/waybill
