/// The witnesses of what is wrong with the sections of one lock.
struct LockSentence {
    let index: RunIndex
    let lock: LockTable.Lock
    let sections: [LockSections.Section]

    func reuse(_ number: Int, _ earlier: Int) -> Witness {
        witness(
            "The token \(sections[number].token) of the lock \(lock.name) was drawn twice: by \(name(earlier)) and by \(name(number)).",
            [acquired(earlier), acquired(number)])
    }

    func regression(_ number: Int, _ before: Int) -> Witness {
        witness(
            "\(section(number)) was acquired after section \(sections[before].token) (\(name(before))), although its token is smaller.",
            [acquired(before), acquired(number)])
    }

    func overlap(_ number: Int, _ holder: Int) -> Witness {
        let until = sections[holder].release == nil ? "had not released it" : "released it only later"
        return witness(
            "\(section(number)) acquired the lock while section \(sections[holder].token) (\(name(holder))) held it, which \(until).",
            [acquired(holder), acquired(number)] + [sections[holder].release.map(released)].compactMap { $0 })
    }

    func releaseByOther(_ number: Int) -> Witness {
        guard let release = sections[number].release else { return witness(section(number), [acquired(number)]) }
        return witness(
            "\(section(number)) was released by \(index.processes[release.process].name), which had not acquired it.",
            [acquired(number), released(release)])
    }

    func stray(_ stray: LockSections.Stray) -> Witness {
        let name = index.processes[stray.release.process].name
        guard let number = stray.section else {
            return witness(
                "\(name) released the token \(stray.release.token) of the lock \(lock.name), which nobody had acquired.",
                [released(stray.release)])
        }
        return witness(
            "\(section(number)) was released once more, by \(name).",
            [acquired(number)] + [sections[number].release.map(released)].compactMap { $0 } + [released(stray.release)])
    }

    func broken(_ broken: ValueChain.Break) -> Witness {
        let read = sections[broken.section].read
        let found = "\(section(broken.section)) read \(read)"
        guard let before = broken.before else {
            let initial = lock.creations.first.map { "\($0.initial)" } ?? "another number"
            let place = broken.missing > 0 ? "the first section of the trace" : "the first of all"
            return witness(
                "\(found), although it is \(place) and the lock guarded \(initial) at first.",
                (lock.creations.first.map { [index.shown("lock created", $0.at, $0.place)] } ?? []) + [acquired(broken.section)])
        }
        let events = [sections[before].release.map(released) ?? acquired(before), acquired(broken.section)]
        let left = "section \(sections[before].token) (\(name(before))) before it \(self.left(before))"
        switch broken.kind {
        case .lostUpdate: return witness("\(found), although \(left), so that update was lost.", events)
        case .staleRead: return witness("\(found), although \(left).", events)
        default:
            if broken.missing > 0 {
                return witness(
                    "\(found), although \(left); \(broken.missing == 1 ? "1 section" : "\(broken.missing) sections") between them "
                        + "nobody recorded.", events)
            }
            return witness("\(found), which no section before it had written; \(left).", events)
        }
    }

    func badWrite(_ number: Int) -> Witness {
        let found = sections[number]
        let written = found.release?.written ?? 0
        return witness(
            "\(section(number)) read \(found.read), meant to change it by \(found.delta) and wrote \(written).",
            [acquired(number)] + [found.release.map(released)].compactMap { $0 })
    }

    func counted(_ reading: CounterReading, _ last: Int?) -> Witness {
        let left =
            last.map { "the last section, \(sections[$0].token) (\(name($0))), \(self.left($0))" } ?? "the lock guarded another at first"
        return witness(
            "\(index.processes[reading.process].name) counted \(reading.value) under the lock \(lock.name), but \(left).",
            [last.map { sections[$0].release.map(released) ?? acquired($0) }].compactMap { $0 }
                + [index.shown("counted", reading.at, reading.place)])
    }

    private func witness(_ sentence: String, _ events: [Witness.Event]) -> Witness {
        Witness(sentence: sentence, topic: lock.name, events: events)
    }

    /// `Section 7 of the lock stock (packaging)`
    private func section(_ number: Int) -> String { "Section \(sections[number].token) of the lock \(lock.name) (\(name(number)))" }

    private func name(_ number: Int) -> String { index.processes[sections[number].acquisition.process].name }

    private func left(_ number: Int) -> String {
        let section = sections[number]
        if let release = section.release { return "had left \(release.written)" }
        return section.delta == 0 ? "had found \(section.read)" : "had left \(section.read) or \(section.read &+ section.delta)"
    }

    private func acquired(_ number: Int) -> Witness.Event {
        index.shown("acquired", sections[number].acquisition.at, sections[number].acquisition.place)
    }

    private func released(_ release: LockTable.Release) -> Witness.Event { index.shown("released", release.at, release.place) }
}
