import Trace

/// Locks: sections that read a number and change it, one at a time.
extension World {
    func createLocks() {
        for lock in locks {
            record(0) { $0.lockCreated(process: $1, at: $2, lock: lock.name, initial: lock.initial) }
        }
    }

    func ask(_ client: Int, _ lock: Int, _ delta: Int64) {
        locks[lock].waiting.append(.init(client: client, delta: delta, invoked: now))
        grantNext(lock)
    }

    func grantNext(_ number: Int) {
        let lock = locks[number]
        guard lock.holder == nil, !lock.waiting.isEmpty else { return }
        lock.holder = lock.sections.count
        let request = lock.waiting.removeFirst()
        var section = SimulatedLock.Section(
            client: request.client, token: draw(lock), acquired: now, read: readsStale(lock, request.delta) ?? lock.value,
            delta: request.delta)
        section.isRecorded = !hides(lock, section)
        lock.sections.append(section)
        if section.isRecorded {
            record(section.client) {
                $0.acquired(
                    process: $1, at: $2, lock: lock.name, token: section.token, read: section.read, delta: section.delta,
                    invoked: request.invoked)
            }
        }
        endLingering(number)
        schedule(.leaveSection(lock: number, section: lock.sections.count - 1), after: random.microseconds(20...800))
    }

    /// The section writes and releases.
    func leaveSection(_ number: Int, _ index: Int) {
        let lock = locks[number]
        var section = lock.sections[index]
        if section.written == nil {
            section.written = section.read + section.delta + writesWrong(lock)
            lock.before = lock.value
            lock.lastDelta = section.delta
            lock.value = section.written ?? lock.value
            lock.sections[index] = section
            if lingers(lock, index) {
                lock.holder = nil
                return schedule(.grantNext(lock: number), after: random.microseconds(1...50))
            }
        }
        lock.sections[index].released = now
        let began = now
        let duration = random.microseconds(1...40)
        let other = releasedBy(lock, index)
        if section.isRecorded {
            schedule(.released(lock: number, section: index, began: began, by: other ?? section.client), after: duration)
        } else {
            schedule(.free(lock: number, section: index), after: duration)
        }
    }

    /// The release is over.
    func released(_ number: Int, _ index: Int, _ began: UInt64, _ client: Int) {
        let lock = locks[number]
        let section = lock.sections[index]
        record(client) {
            $0.released(
                process: $1, at: $2, lock: lock.name, token: section.token, written: section.written ?? 0, invoked: began)
        }
        free(number, index)
        releaseAgain(number, index)
    }

    func free(_ number: Int, _ section: Int) {
        guard locks[number].holder == section else { return }
        locks[number].holder = nil
        schedule(.grantNext(lock: number), after: random.microseconds(1...30))
    }

    private func draw(_ lock: SimulatedLock) -> UInt64 {
        if !lock.drawn.isEmpty { return lock.drawn.removeFirst() }
        if lock.tokens > 0, injection.isReady(.tokenReuse, now) {
            injection.strike()
            return lock.tokens
        }
        let extent = UInt64(injection.extent - 1)
        // The greatest of several tokens is drawn first.
        if lock.waiting.count >= injection.extent, injection.isReady(.tokenRegression, now) {
            injection.strike()
            lock.drawn = (1...extent).map { lock.tokens + $0 }
            lock.tokens += extent + 1
            return lock.tokens
        }
        lock.tokens += 1
        return lock.tokens
    }

    /// At the end of the run everybody says what they counted.
    func tellCounters() {
        for (number, client) in clients.enumerated() where client.plan.tellsCounters {
            for counter in Client.Counter.allCases {
                let value = (client.counts[counter] ?? 0) + miscounts(client)
                record(number) { $0.counted(process: $1, at: $2, counter: counter.rawValue, value: value) }
            }
        }
        for lock in locks {
            let value = lock.value + misreads(lock)
            record(0) { $0.counted(process: $1, at: $2, counter: lock.name, value: value) }
        }
    }
}
