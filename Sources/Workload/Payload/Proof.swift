internal import Foundation

/// A load message around a payload of the user's own. Inside a payload, what is the user's stands where padding would: behind the stamp, before the checksum. Over
/// MQTT 5.0 the rest can go into a user property instead, so that the payload is wholly the user's: a broker has to hand user properties on as they are
/// (MQTT-3.3.2-17), and the checksum is over both.
public enum Proof {
    /// The name of the user property.
    public static let property = "waybill"

    /// What goes into the property of a message.
    /// - Parameters:
    ///   - payload: the whole, as ``LoadMessage/encode(into:body:)`` wrote it.
    ///   - body: how many bytes of it are the user's.
    public static func text(of payload: [UInt8], body: Int) -> String {
        let end = payload.count - LoadMessage.checksumLength
        return Data(payload[..<(end - body)] + payload[end...]).base64EncodedString()
    }

    /// The whole again; `nil` where `text` is no proof.
    /// - Parameter body: what came as payload.
    public static func whole(_ text: String, body: Span<UInt8>) -> [UInt8]? {
        guard let proof = Data(base64Encoded: text), proof.count >= LoadMessage.headerLength + LoadMessage.checksumLength else {
            return nil
        }
        var whole = [UInt8](proof.dropLast(LoadMessage.checksumLength))
        whole.reserveCapacity(proof.count + body.count)
        for index in body.indices { whole.append(body[index]) }
        whole += proof.suffix(LoadMessage.checksumLength)
        return whole
    }
}
