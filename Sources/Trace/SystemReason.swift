internal import Foundation

/// Why the system refused what Foundation was asked to do, as `Permission denied`: without a full stop, to stand in a sentence.
public func systemReason(of error: any Error) -> String {
    var cause: (any Error)? = error
    while let current = cause {
        if let system = current as? POSIXError { return String(cString: strerror(system.code.rawValue)) }
        let generic = current as NSError
        if generic.domain == NSPOSIXErrorDomain { return String(cString: strerror(CInt(truncatingIfNeeded: generic.code))) }
        cause = generic.userInfo[NSUnderlyingErrorKey] as? any Error
    }
    if let file = error as? CocoaError {
        switch file.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: return String(cString: strerror(ENOENT))
        case .fileReadNoPermission, .fileWriteNoPermission: return String(cString: strerror(EACCES))
        case .fileWriteOutOfSpace: return String(cString: strerror(ENOSPC))
        case .fileWriteFileExists: return String(cString: strerror(EEXIST))
        case .fileWriteVolumeReadOnly: return String(cString: strerror(EROFS))
        default: break
        }
    }
    // What Foundation throws is described by its parts, which is no sentence.
    let text = "\(error)".hasPrefix("Error Domain=") ? error.localizedDescription : "\(error)"
    return text.hasSuffix(".") ? String(text.dropLast()) : text
}
