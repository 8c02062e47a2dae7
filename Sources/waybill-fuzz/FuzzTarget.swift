internal import Causality
internal import Workload

/// What libFuzzer calls with one input after another: its first byte says what the rest is taken for. A trap is a finding; so is a value that
/// does not survive being written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let kind = input.first else { return 0 }
    let rest = [UInt8](input.dropFirst())
    switch kind % 9 {
    case 0:
        TraceTarget.read(rest)
        TraceTarget.read(Sealing.seal(rest))
    case 1: readStamp(rest)
    case 2: readDependencyStamp(rest)
    case 4: ShopTarget.readEvent(rest)
    case 5: ShopTarget.readControl(rest)
    case 6: ShopTarget.readAttributes(rest)
    case 7: HTTPTarget.read(rest)
    case 8: WireTarget.read(rest)
    default:
        readMessage(rest)
        readMessage(Sealing.sealMessage(rest))
    }
    return 0
}

private func readStamp(_ bytes: [UInt8]) {
    var offset = 0
    guard let stamp = VectorTimestamp.decode(bytes.span, at: &offset) else { return }
    var written: [UInt8] = []
    stamp.encode(into: &written)
    var end = 0
    precondition(VectorTimestamp.decode(written.span, at: &end) == stamp && end == written.count, "a stamp changed on its way")
    precondition(written.count == stamp.encodedLength && stamp.compared(to: stamp) == .equal, "a stamp is not itself")
    guard let other = VectorTimestamp.decode(bytes.span, at: &offset) else { return }
    var merged = stamp
    merged.merge(other)
    precondition([.before, .equal].contains(stamp.compared(to: merged)), "merging lost something")
    precondition([.before, .equal].contains(other.compared(to: merged)), "merging lost something")
}

private func readDependencyStamp(_ bytes: [UInt8]) {
    var offset = 0
    guard let stamp = DependencyStamp.decode(bytes.span, at: &offset) else { return }
    var written: [UInt8] = []
    stamp.encode(into: &written)
    var end = 0
    precondition(DependencyStamp.decode(written.span, at: &end) == stamp && end == written.count, "a stamp changed on its way")
}

private func readMessage(_ bytes: [UInt8]) {
    guard case .message(let message) = LoadMessage.decode(bytes.span) else { return }
    var written: [UInt8] = []
    do {
        try message.encode(into: &written, size: message.leastSize)
    } catch {
        preconditionFailure("a message does not fit into its own least size: \(error)")
    }
    precondition(LoadMessage.decode(written.span) == .message(message), "a message changed on its way")
}
