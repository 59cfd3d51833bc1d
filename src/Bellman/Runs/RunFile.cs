using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Bellman.Runs;

/// <summary>A configuration file in YAML: algorithm, environment, steps, seed and options, all optional.</summary>
/// <param name="Values">The values outside <c>options</c>, by name.</param>
/// <param name="Options">The algorithm's options, by name.</param>
public sealed record RunFile(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Options)
{
    private static readonly string[] Known = ["algorithm", "environment", "steps", "seed", "checkpointEvery", "evaluateEvery", "evaluationEpisodes", "stopAtReturn", "options"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="UsageException">The file cannot be read, is malformed (line and column are named) or has an unknown key.</exception>
    public static RunFile Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The configuration {path} cannot be read: {error.Message} Give the path of a YAML file.", error);
        }
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            throw Malformed(path, error.Start, error.InnerException?.Message ?? error.Message);
        }
        if (stream.Documents.Count == 0) { return new RunFile(new Dictionary<string, string>(), new Dictionary<string, string>()); }
        if (stream.Documents[0].RootNode is not YamlMappingNode root) { throw Malformed(path, stream.Documents[0].RootNode.Start, "a mapping of names to values is expected"); }
        var values = new Dictionary<string, string>();
        var options = new Dictionary<string, string>();
        foreach (var (key, node) in root.Children)
        {
            var name = Known.FirstOrDefault(known => known.Equals(key.ToString(), StringComparison.OrdinalIgnoreCase))
                ?? throw NearNames.Unknown($"key in {path} (line {key.Start.Line}, column {key.Start.Column}):", key.ToString(), Known, $"Keys are: {string.Join(", ", Known)}.");
            if (name != "options") { values[name] = Scalar(path, node); continue; }
            if (node is YamlScalarNode { Value: null or "" }) { continue; }
            if (node is not YamlMappingNode mapping) { throw Malformed(path, node.Start, "options are a mapping of names to values"); }
            foreach (var (option, value) in mapping.Children) { options[option.ToString()] = Scalar(path, value); }
        }
        return new RunFile(values, options);
    }

    private static string Scalar(string path, YamlNode node) => node switch
    {
        YamlScalarNode scalar => scalar.Value ?? "",
        YamlSequenceNode list when list.Children.All(item => item is YamlScalarNode) => string.Join(",", list.Children),
        _ => throw Malformed(path, node.Start, "a value or a list of values is expected"),
    };

    private static UsageException Malformed(string path, Mark mark, string problem) =>
        new($"{path} is not a valid configuration: line {mark.Line}, column {mark.Column}: {problem}. It holds algorithm, environment, steps, seed and options, one 'name: value' a line.");
}
