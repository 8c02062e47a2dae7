import Causality
import Trace
import Verification

/// What a space-time drawing of a witness shows: a line for each process, time going down, a row for each event, an arrow from each publish to
/// its delivery. Where things are on the paper is the matter of ``SpaceTimeDrawing``.
struct SpaceTimeDiagram {
    /// The processes, from left to right in the order in which they first act.
    private(set) var processes: [Process] = []
    /// The events and the lost messages, from the first down.
    private(set) var rows: [Row] = []
    private(set) var arrows: [Arrow] = []
    private(set) var sections: [Section] = []

    /// One line.
    struct Process {
        var id: UInt32?
        var name: String
    }

    /// One row.
    struct Row {
        /// Whose line it is on.
        var process: Int
        var mark: Mark
        /// Whether it is what broke the rule.
        var isViolation: Bool
        /// The time, empty where nothing happened at any.
        var time: String
        var text: String
        /// The stamp of a publish.
        var stamp: String?
    }

    /// The shape of an event.
    enum Mark: CaseIterable {
        case publish, delivery, other, lost
    }

    /// A message on its way, from row to row.
    struct Arrow {
        var from: Int
        var to: Int
        var isLost: Bool
    }

    /// The time for which a process held a lock.
    struct Section {
        var process: Int
        var from: Int
        /// `nil` where no release is shown.
        var to: Int?
        /// Where it began and ended, as the sections of one lock are told apart.
        var label: String
        /// Whether another section of the drawing overlaps it.
        var overlaps = false
    }

    /// The classes whose witnesses are about a message that should have come and did not.
    static let absences: Set = ["lost", "unseen", "shared-lost", "will-missing", "retained-missing"]
    /// The most entries of a stamp that a drawing shows.
    static let shownEntries = 12

    let evidence: Evidence
    let times: RelativeTimes

    init(_ evidence: Evidence) {
        self.evidence = evidence
        times = RelativeTimes(evidence.events)
        let texts = EventText { evidence.name($0) }
        let violation = Self.violation(evidence)
        for process in evidence.events.compactMap({ $0.fields?.process }) where line(of: process) == nil {
            processes.append(Process(id: process, name: evidence.name(process)))
        }
        var positions: [Int] = []
        for (index, event) in evidence.events.enumerated() {
            addLost(before: event)
            positions.append(rows.count)
            let line = event.fields?.process.flatMap { self.line(of: $0) } ?? lineOfRun()
            rows.append(
                Row(
                    process: line, mark: event.isPublish ? .publish : event.isDelivery ? .delivery : .other,
                    isViolation: index == violation,
                    time: times.text(event), text: texts.line(event), stamp: stamp(event)))
        }
        addLost(before: nil)
        connect(positions)
        hold(positions)
    }

    /// The event that broke the rule: where two sections overlap, the later one's beginning, otherwise the last that the witness names.
    private static func violation(_ evidence: Evidence) -> Int? {
        if absences.contains(evidence.class) { return nil }
        return evidence.events.lastIndex {
            $0.isOfWitness && (evidence.class != "lock-overlap" || $0.fields?.event == "acquired")
        }
    }

    private func line(of process: UInt32) -> Int? { processes.firstIndex { $0.id == process } }

    /// The line of events that are of no process.
    private mutating func lineOfRun() -> Int {
        if let line = processes.firstIndex(where: { $0.id == nil && $0.name == "run" }) { return line }
        processes.append(Process(id: nil, name: "run"))
        return processes.count - 1
    }

    /// The publish that never arrived, where the witness is of one.
    private var absent: Evidence.Event? {
        guard Self.absences.contains(evidence.class), evidence.witness.subscriber != nil else { return nil }
        return evidence.events.first { publish in
            publish.isPublish && publish.isOfWitness
                && !evidence.events.contains { $0.isDelivery && $0.message == publish.message && isSubscriber($0) }
        }
    }

    private func isSubscriber(_ event: Evidence.Event) -> Bool {
        event.fields?.process.map { evidence.name($0) } == evidence.witness.subscriber
    }

    /// Puts the message that never arrived where it was missed: before the subscriber's delivery of a later one, or at the end.
    private mutating func addLost(before event: Evidence.Event?) {
        guard let absent, !rows.contains(where: { $0.mark == .lost }), let subscriber = evidence.witness.subscriber else { return }
        if let event {
            guard event.isDelivery, isSubscriber(event), event.message?.publisher == absent.message?.publisher,
                event.message?.sequence ?? 0 > absent.message?.sequence ?? .max
            else { return }
        }
        let line: Int
        if let known = processes.firstIndex(where: { $0.name == subscriber }) {
            line = known
        } else {
            line = processes.count
            processes.append(Process(id: nil, name: subscriber))
        }
        rows.append(
            Row(
                process: line, mark: .lost, isViolation: true, time: "",
                text: "#\(absent.message?.sequence ?? 0) never reached \(subscriber)"))
    }

    private mutating func connect(_ positions: [Int]) {
        for (index, delivery) in evidence.events.enumerated() where delivery.isDelivery {
            // What a causal inbox hands over has its arrow at the delivery to the inbox.
            let isHandedOn =
                delivery.fields?.event == "processed"
                && evidence.events.contains {
                    $0.fields?.event == "delivered" && $0.message == delivery.message && $0.fields?.process == delivery.fields?.process
                }
            guard !isHandedOn, let publish = evidence.events.firstIndex(where: { $0.isPublish && $0.message == delivery.message }) else {
                continue
            }
            arrows.append(Arrow(from: positions[publish], to: positions[index], isLost: false))
        }
        if let lost = rows.firstIndex(where: { $0.mark == .lost }), let absent,
            let publish = evidence.events.firstIndex(where: { $0.isPublish && $0.message == absent.message })
        {
            arrows.append(Arrow(from: positions[publish], to: lost, isLost: true))
        }
    }

    private mutating func hold(_ positions: [Int]) {
        for (index, acquired) in evidence.events.enumerated() where acquired.fields?.event == "acquired" {
            guard let fields = acquired.fields, let process = fields.process, let line = self.line(of: process) else { continue }
            let released = evidence.events.firstIndex {
                $0.fields?.event == "released" && $0.fields?.process == process && $0.fields?.lock == fields.lock
                    && $0.fields?.token == fields.token
            }
            let end = released.flatMap { $0 > index ? positions[$0] : nil }
            sections.append(Section(process: line, from: positions[index], to: end, label: fields.lock ?? ""))
        }
        for one in sections.indices {
            sections[one].overlaps = sections.indices.contains { other in
                other != one && sections[one].label == sections[other].label
                    && sections[one].from < sections[other].to ?? .max && sections[other].from < sections[one].to ?? .max
            }
        }
    }

    /// The stamp of a publish, those of the drawn processes first, the rest left out where there is much.
    private func stamp(_ event: Evidence.Event) -> String? {
        guard let stamp = event.stamp else { return event.fields?.event == "published" ? "stamp not known" : nil }
        let drawn = Set(processes.compactMap(\.id))
        let entries = stamp.entries.filter { drawn.contains($0.process) } + stamp.entries.filter { !drawn.contains($0.process) }
        let some = entries.prefix(Self.shownEntries).map { "\(evidence.name($0.process)): \($0.count)" }
        let more = entries.count > Self.shownEntries ? ", and \(Units.count(entries.count - Self.shownEntries)) more" : ""
        return "{" + some.joined(separator: ", ") + more + "}"
    }
}
