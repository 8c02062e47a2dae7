internal import Yams

/// Conditions on figures: `thresholds`, and `abort`, which has the same of some of them.
extension ProfileDecoder {
    func thresholds(_ profile: MappingReader) -> [Threshold] {
        guard let node = profile["thresholds"],
            let reader = MappingReader(
                node, path: profile.child("thresholds"), known: Section.thresholds.keys, problems: problems, name: Threshold.Scope.metric)
        else { return [] }
        return reader.keys.flatMap { key -> [Threshold] in
            guard let metric = Threshold.Metric(rawValue: Threshold.Scope.metric(of: key)) else { return [] }
            guard key.contains("{") else { return conditions(reader, key, on: metric, of: nil) }
            do throws(Threshold.Scope.Mistake) {
                return conditions(reader, key, on: metric, of: try Threshold.Scope(key, of: metric))
            } catch {
                reader.report(key, error.text)
                return []
            }
        }
    }

    func abort(_ profile: MappingReader) -> Profile.Abort {
        guard let reader = profile.mapping("abort", .abort) else { return .never }
        let after = duration(reader, "after") ?? .zero
        let watched = reader.keys.filter { $0 != "after" }.flatMap { key in
            Threshold.Metric(rawValue: key).map { conditions(reader, key, on: $0, of: nil) } ?? []
        }
        if watched.isEmpty, problems.found.isEmpty {
            reader.problems.report(
                reader.path, "has no condition that could end the run; expected one, as connections_lost: [==0]")
        }
        return Profile.Abort(after: after, conditions: watched)
    }

    private func conditions(_ reader: MappingReader, _ key: String, on metric: Threshold.Metric, of scope: Threshold.Scope?) -> [Threshold]
    {
        let expected = Threshold.expected(of: metric)
        return (reader.list(key, of: "expressions, each \(expected)") ?? []).compactMap { path, node in
            guard let text = problems.text(node, path: path, expected: expected) else { return nil }
            guard var threshold = Threshold(text, metric: metric) else {
                problems.report(path, "expected \(expected), found '\(text)'")
                return nil
            }
            threshold.scope = scope
            return threshold
        }
    }
}
