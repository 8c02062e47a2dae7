/// Takes bytes for what somebody sends to a service over HTTP: whatever they are, and however they are cut, there is at most one question, one answer, and
/// then the end.
enum HTTPTarget {
    /// - Parameter input: how the bytes are cut, and behind that the bytes.
    static func read(_ input: [UInt8]) {
        guard let step = input.first, let growth = input.dropFirst().first else { return }
        let bytes = Array(input.dropFirst(2))
        // 4 KiB of input are less than the limits: a line or a header that goes on is one byte many times.
        for times in [1, 20] {
            let sent = bytes.flatMap { [UInt8](repeating: $0, count: $0 == 0xFF ? times * 100 : 1) }
            var pieces: [Int] = []
            var left = sent.count
            var piece = Int(step) + 1
            while left > 0 {
                pieces.append(min(piece, left))
                left -= piece
                piece += Int(growth)
            }
            guard let cut = try? Exchange(sent, pieces: pieces), let whole = try? Exchange(sent, pieces: [sent.count]) else {
                preconditionFailure("a request throws")
            }
            precondition(cut.questions == whole.questions && cut.answer == whole.answer, "pieces make a difference")
            precondition(whole.questions.count <= 1 && whole.isEnded && cut.isEnded, "a connection goes on")
            precondition(whole.answer.hasPrefix("HTTP/1.1 "), "nothing is answered")
        }
    }
}
