/// The bytes of a connection on their way: plain TCP, TLS over it, WebSocket over either. It never waits.
protocol WireTransport: AnyObject {
    /// The socket.
    var descriptor: CInt { get }
    /// Goes on with what has to be done before bytes can be carried. To be called until it is done, each time the socket is ready.
    func proceed() -> HandshakeStep
    /// Reads what has come, as far as there is room.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer
    /// Writes what there is room for.
    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer
    /// Whether bytes that came are held here, of which the socket does not tell.
    var holdsBytes: Bool { get }
    /// Where a connection that is being made has got to.
    var step: ConnectStep { get }
    /// How it is encrypted and what was verified, for people.
    var encryption: String? { get }
    /// Closes the socket.
    func close()
}

/// How a read or a write went.
enum Transfer {
    /// So many bytes, at least one.
    case moved(Int)
    /// Nothing for now.
    case blocked
    /// The other side closed.
    case ended
    /// The connection broke, with the reason in words.
    case failed(String)
}

/// How far a handshake is.
enum HandshakeStep {
    case done
    case waitsToRead
    case waitsToWrite
    /// The other side closed in the middle.
    case ended(String)
    /// It cannot be done, with the reason in words.
    case failed(MQTTError)
}
