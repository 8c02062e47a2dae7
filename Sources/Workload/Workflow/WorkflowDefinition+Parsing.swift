internal import Yams

extension WorkflowDefinition {
    /// Reads and validates a workflow file.
    /// - Parameter path: the YAML file, as the user named it; error messages repeat it.
    /// - Throws: ``ProfileError`` with everything that is wrong, also where the file cannot be read.
    public static func load(path: String) throws(ProfileError) -> WorkflowDefinition {
        let bytes = try Profile.contents(path, "a workflow", example: "Profiles/workflows/orders.yaml")
        guard let yaml = String(validating: bytes, as: UTF8.self) else {
            throw ProfileError(file: path, "is not UTF-8 text; a workflow is written in YAML")
        }
        return try parse(yaml: yaml, file: path)
    }

    /// Reads and validates a workflow.
    /// - Parameters:
    ///   - yaml: the text.
    ///   - file: the name that error messages give.
    /// - Throws: ``ProfileError`` with everything that is wrong.
    public static func parse(yaml: String, file: String) throws(ProfileError) -> WorkflowDefinition {
        guard let root = try Profile.document(yaml, file: file) else {
            throw ProfileError(file: file, "is empty; expected a workflow with machines, quantities or both")
        }
        let problems = Problems(file: file)
        let reader = MappingReader(root, path: "", known: Section.workflow.keys, problems: problems)
        let definition = reader.flatMap { WorkflowDecoder(problems: problems).workflow($0) }
        try problems.throwIfAny()
        guard let definition else { throw ProfileError(file: file, "is no workflow") }
        return definition
    }
}

extension ProfileDecoder {
    /// The workflow of a profile: written there, or in the file that it names.
    func workflow(_ profile: MappingReader) -> WorkflowDefinition? {
        guard let node = profile["workflow"] else { return nil }
        if case .mapping = node {
            return profile.mapping("workflow", .workflow).flatMap { WorkflowDecoder(problems: problems).workflow($0) }
        }
        let file = file(
            profile, "workflow", "a workflow file, or machines and quantities",
            instead: "leave it out and judge the run by it afterwards with check --workflow")
        guard let file else { return nil }
        do {
            return try WorkflowDefinition.load(path: file)
        } catch {
            for problem in error.problems { profile.report("workflow", problem.description) }
            return nil
        }
    }
}
