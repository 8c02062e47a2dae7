/// The version of Waybill.
enum Version {
    /// As printed by `--version` and written into results.
    static let text = "0.1.0"
}
