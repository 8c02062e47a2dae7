/// A will as one CONNECT registered it.
struct Will {
    /// The topic, as a number of the run.
    var topic: UInt32
    var qos: UInt8
    var retain: Bool
    var sequence: UInt64
    var attempt: UInt32
    var place: Place
}
