import Trace

/// Where faults strike locks and counters.
extension World {
    /// The number that a section reads instead of the present one.
    func readsStale(_ lock: SimulatedLock, _ delta: Int64) -> Int64? {
        guard let before = lock.before, before != lock.value else { return nil }
        let isReady =
            (delta != 0 && injection.isReady(.lostUpdate, now)) || (delta == 0 && injection.isReady(.staleRead, now))
            || (delta != 0 && injection.isReady(.lostThenCompensated, now))
        if isReady {
            injection.strike()
            injection.lost = before - lock.value
            return before
        }
        // A second lost update makes up for the first.
        if injection.fault == .lostThenCompensated, delta != 0, injection.lost == lock.value - before {
            injection.lost = 0
            return before
        }
        return nil
    }

    /// Whether a section is in no trace.
    func hides(_ lock: SimulatedLock, _ section: SimulatedLock.Section) -> Bool {
        guard section.delta != 0, injection.isReady(.unloggedSection, now) else { return false }
        injection.strike()
        return true
    }

    /// By how much more than it should a section changes the number.
    func writesWrong(_ lock: SimulatedLock) -> Int64 {
        guard injection.isReady(.badWrite, now) else { return 0 }
        injection.strike()
        return random.chance(50) ? 1 : -3
    }

    /// Whether a section lets others in before its release, or instead of it.
    func lingers(_ lock: SimulatedLock, _ section: Int) -> Bool {
        if injection.isReady(.overlap, now) {
            lock.lingering = (section, injection.extent)
        } else if injection.isReady(.neverReleased, now) {
            lock.lingering = (section, .max)
        } else {
            return false
        }
        injection.strike()
        return true
    }

    /// Another section came in; the one that lingers may go.
    func endLingering(_ number: Int) {
        guard let (section, others) = locks[number].lingering, others != .max else { return }
        if others > 1 {
            locks[number].lingering = (section, others - 1)
        } else {
            locks[number].lingering = nil
            schedule(.leaveSection(lock: number, section: section), after: 1000)
        }
    }

    /// Who releases a section in its owner's place.
    func releasedBy(_ lock: SimulatedLock, _ section: Int) -> Int? {
        guard injection.isReady(.releaseByOther, now) else { return nil }
        injection.strike()
        return clients.indices.first { $0 != lock.sections[section].client }
    }

    /// A section is released once more, or one that never was.
    func releaseAgain(_ number: Int, _ index: Int) {
        let lock = locks[number]
        var section = lock.sections[index]
        if injection.isReady(.releaseOfNothing, now) {
            section.token = lock.tokens + 1000
        } else if !injection.isReady(.doubleUnlock, now) {
            return
        }
        injection.strike()
        let began = now
        record(section.client) {
            $0.released(process: $1, at: $2, lock: lock.name, token: section.token, written: section.written ?? 0, invoked: began)
        }
    }

    /// By how much a client's counter is wrong.
    func miscounts(_ client: Client) -> Int64 {
        guard injection.isReady(.counterLies, now), random.chance(20) else { return 0 }
        injection.strike()
        return random.chance(50) ? 1 : -1
    }

    /// By how much the number that a lock guards is told wrong.
    func misreads(_ lock: SimulatedLock) -> Int64 {
        guard injection.isReady(.finalValueOff, now), !lock.sections.isEmpty else { return 0 }
        injection.strike()
        return random.chance(50) ? 5 : -5
    }
}
