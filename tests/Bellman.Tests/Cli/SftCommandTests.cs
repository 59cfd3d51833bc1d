using Bellman.Language;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>bellman sft as a user types it.</summary>
public sealed class SftCommandTests
{
    [Fact]
    public void Run_holds_a_model_that_other_commands_take()
    {
        using var folder = new TemporaryFolder();
        var (status, output, error) = BellmanCommand.Run("sft", "--model", "tiny?layers=1&width=32", "--task", "modular", "--steps", "6", "--set", "batchSize=4", "--evaluation-items", "4", "--runs", folder.Path);
        Assert.True(status == 0, error);
        Assert.Contains("Held-out accuracy", output, StringComparison.Ordinal);
        var run = new RunStore(folder.Path).Open("latest");
        var model = Path.Combine(run.Folder, "model");
        Assert.All(new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json" }, file => Assert.True(File.Exists(Path.Combine(model, file)), file));
        Assert.True(File.Exists(Path.Combine(run.Folder, "report.md")));
        using (var loaded = LanguageModelFolder.Load(model)) { Assert.Equal(1, loaded.Model.Configuration.Layers); }

        var (scored, _, scoreError) = BellmanCommand.Run("score", "--model", run.Id, "--task", "modular", "--limit", "2", "--runs", folder.Path);
        Assert.True(scored == 0, scoreError);
        var (again, _, againError) = BellmanCommand.Run("sft", "--model", run.Folder, "--task", "modular", "--steps", "2", "--set", "adapterRank=2", "--set", "batchSize=4", "--evaluate-every", "0", "--runs", Path.Combine(folder.Path, "second"));
        Assert.True(again == 0, againError);
        var second = new RunStore(Path.Combine(folder.Path, "second")).Open("latest");
        Assert.True(File.Exists(Path.Combine(second.Folder, "adapters", "adapter_model.safetensors")));
        Assert.Equal("2e-4", second.Configuration.Options["learningRate"]);
    }

    [Theory]
    [InlineData("--task modular --data x.jsonl", "--data and --task cannot be given together")]
    [InlineData("--set learningRat=1", "learningRate")]
    [InlineData("--set learningRate=0", "Option 'learningRate' of supervised fine-tuning cannot be '0'")]
    [InlineData("--model tiny?layer=2", "layers")]
    [InlineData("--model tiny?width=30", "hidden_size 30 is not divisible")]
    [InlineData("--task arithmetik", "arithmetic")]
    [InlineData("--device tpu", "'tpu' is not known")]
    [InlineData("--precision half", "'precision'")]
    [InlineData("--steps 0", "--steps cannot be 0")]
    [InlineData("--columns prompt=q", "--data FILE")]
    [InlineData("--data no-such-file.jsonl", "no-such-file.jsonl")]
    public void Bad_input_is_refused_before_a_run_is_made(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();
        var (status, _, error) = BellmanCommand.Run(["sft", .. arguments.Split(' '), "--runs", folder.Path]);
        Assert.Equal(2, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
    }
}
