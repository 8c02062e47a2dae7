internal import Printing

extension ExportedEvent {
    /// The names of the columns of ``csvRow``, in order: the keys of the JSON form.
    public static var csvHeader: String { CodingKeys.allCases.map(\.rawValue).joined(separator: ",") }

    /// The event as one line of comma-separated values (RFC 4180), without the end of the line. What is absent is empty, what would not be seen is
    /// shown as such, and before what a spreadsheet would run stands an apostrophe.
    public var csvRow: String { CodingKeys.allCases.map { VisibleText.cell(value($0)) }.joined(separator: ",") }

    /// The keys that the event has, in order, with their values as text.
    public var present: [(key: String, value: String)] {
        CodingKeys.allCases.compactMap { key in
            let text = value(key)
            return text.isEmpty ? nil : (key.rawValue, text)
        }
    }

    private func value(_ key: CodingKeys) -> String {
        func text(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "" }
        return switch key {
        case .event: event
        case .time: text(time)
        case .file: file
        case .offset: text(offset)
        case .process: text(process)
        case .client: text(client)
        case .group: text(group)
        case .publisher: text(publisher)
        case .sequence: text(sequence)
        case .attempt: text(attempt)
        case .topic: text(topic)
        case .filter: text(filter)
        case .qos: text(qos)
        case .requested: text(requested)
        case .granted: text(granted)
        case .retain: text(retain)
        case .dup: text(dup)
        case .packetID: text(packetID)
        case .intended: text(intended)
        case .outcome: text(outcome)
        case .reason: text(reason)
        case .byClient: text(byClient)
        case .sessionPresent: text(sessionPresent)
        case .clean: text(clean)
        case .cause: text(cause)
        case .mark: text(mark)
        case .text: text(self.text)
        case .version5: text(version5)
        case .options: text(options)
        case .sent: text(sent)
        case .empty: text(empty)
        case .lock: text(lock)
        case .token: text(token)
        case .read: text(read)
        case .delta: text(delta)
        case .written: text(written)
        case .invoked: text(invoked)
        case .counter: text(counter)
        case .value: text(self.value)
        case .timedOut: text(timedOut)
        case .machine: text(machine)
        case .entity: text(entity)
        case .state: text(state)
        case .quantity: text(quantity)
        case .account: text(account)
        case .from: text(from)
        case .to: text(to)
        case .amount: text(amount)
        case .stamp: text(stamp)
        }
    }
}
