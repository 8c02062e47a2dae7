/// What the protocol's state tells while it takes packets, in the order in which they came. Each is a plain call; nothing of it may end the state.
protocol WireEvents: AnyObject {
    /// CONNACK came. Nothing else comes before.
    func connectAnswered(reason: ReasonCode, sessionPresent: Bool, limits: BrokerLimits)
    /// A message that was in flight is sent again.
    func resending(_ token: UInt64)
    /// PUBLISH came. The spans are valid during the call.
    func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery)
    /// A message has its outcome.
    func completed(_ token: UInt64, _ outcome: PublishOutcome)
    /// PUBACK or PUBCOMP for a message that was received has left.
    func acknowledged(_ packetID: UInt16)
    /// SUBACK or UNSUBACK came, with its codes.
    func answered(_ packetID: UInt16, _ codes: [UInt8])
    /// The broker sent DISCONNECT.
    func disconnected(reason: ReasonCode, text: String?)
    /// PINGRESP came.
    func pingAnswered()
}
