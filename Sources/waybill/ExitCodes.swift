/// The exit codes as help texts list them.
enum ExitCodes {
    static let ofRuns = """
        Exit codes: 0 all good, 99 a threshold missed, 104 bad profile or option, 105 interrupted, 120 correctness violated, \
        121 inconclusive, 1 anything else.
        """
    static let ofChecks = """
        Exit codes: 0 all good, 104 bad option or path, 105 interrupted, 120 correctness violated, 121 inconclusive, 1 anything else.
        """
}
