using Bellman.Language;
using Bellman.Language.Tokenizers;
using Bellman.Runs;
using Bellman.Tests.Cli;
using Bellman.Tests.Language.Data;
using Bellman.Tests.Language.Models;
using Xunit;

namespace Bellman.Tests.Papers.LanguagePapers;

/// <summary>What every language paper promises about <c>--full</c>, on a random model in Hugging Face's layout and real questions.</summary>
internal static class FullScale
{
    /// <summary>Steps, lengths and counts that a test can wait for; everything else stays the paper's.</summary>
    private static readonly string[] Tiny = ["steps=1", "promptsPerStep=2", "groupSize=2", "maximumNewTokens=6", "evaluationItems=2", "evaluationSamples=2"];

    /// <param name="slug">The paper.</param>
    /// <param name="more">Options of its own, name=value, in place of the tiny ones where they name the same.</param>
    public static void RunsOn(string slug, params string[] more)
    {
        var settings = Tiny.Where(pair => !more.Any(own => own.StartsWith(pair[..(pair.IndexOf('=', StringComparison.Ordinal) + 1)], StringComparison.Ordinal))).Concat(more).SelectMany(pair => new[] { "--set", pair });
        Assert.Contains("--model FOLDER", Refused(slug), StringComparison.Ordinal);
        Assert.Contains("--data FILE", Refused(slug), StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        Assert.Contains("config.json in the folder", Refused(slug, "--model", folder.Path, "--data", folder.Path), StringComparison.Ordinal);
        var data = SharedData.Require("gsm8k/train.jsonl");
        var model = Path.Combine(folder.Path, "model");
        var lines = File.ReadLines(data).Take(40).ToList();
        var few = Path.Combine(folder.Path, "few.jsonl");
        File.WriteAllLines(few, lines);
        var tokenizer = new CharacterTokenizer(string.Concat(string.Concat(lines.Select(System.Text.RegularExpressions.Regex.Unescape)).Distinct()) + "\n #\\");
        TinyModels.Write(model, TinyModels.Shape(TransformerFamily.Llama, tied: false) with { VocabularySize = tokenizer.VocabularySize, ContextLength = 2048 }, TensorType.F32);
        tokenizer.Export(model);
        var (status, output, error) = BellmanCommand.Run(["reproduce", slug, "--full", "--model", model, "--data", few, "--jobs", "1", "--runs", Path.Combine(folder.Path, "runs"), .. settings]);
        Assert.True(status == 0, $"{status}: {error} {output}");
        Assert.Contains("Nothing is gated", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Incomplete", output, StringComparison.Ordinal);
    }

    private static string Refused(string slug, params string[] more)
    {
        var (status, _, error) = BellmanCommand.Run(["reproduce", slug, "--full", .. more]);
        Assert.Equal(2, status);
        return error;
    }
}
