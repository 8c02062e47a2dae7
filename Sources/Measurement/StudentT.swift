internal import Foundation

/// Student's t distribution: how far the mean of a few values may be from what it estimates.
package enum StudentT {
    /// The value that a variable of this distribution exceeds in absolute terms with probability 1 − `confidence`.
    /// - Parameters:
    ///   - confidence: above 0 and below 1.
    ///   - degrees: the degrees of freedom, at least 1.
    package static func quantile(confidence: Double, degrees: Int) -> Double {
        precondition(confidence > 0 && confidence < 1 && degrees >= 1)
        var low = 0.0
        var high = 1.0
        while mass(within: high, degrees) < confidence { high *= 2 }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if mass(within: middle, degrees) < confidence { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The probability of an absolute value of at most `limit`: Simpson's rule over the angle whose tangent the variable is, in which the density is smooth and has an end.
    private static func mass(within limit: Double, _ degrees: Int) -> Double {
        let degrees = Double(degrees)
        let scale = exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / Double.pi.squareRoot()
        let end = atan(limit / degrees.squareRoot())
        let steps = 400
        let width = end / Double(steps)
        let sum = (0...steps).reduce(0.0) { sum, step in
            let weight = step == 0 || step == steps ? 1.0 : step.isMultiple(of: 2) ? 2 : 4
            return sum + weight * pow(cos(Double(step) * width), degrees - 1)
        }
        return 2 * scale * sum * width / 3
    }
}
