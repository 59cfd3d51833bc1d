using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Tokenizers;
using Bellman.Papers;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>bellman posttrain and bellman prefer: refusals, before and after, and runs that are killed and resumed.</summary>
[Collection("torch alone")]
public sealed partial class LanguageCommandTests
{
    private static string[] Tiny(string command, string runs, params string[] more) =>
    [
        command, "--steps", "8", "--items", "10", "--seed", "3", "--checkpoint-every", "2", "--evaluate-every", "4", "--runs", runs, "--set", "teachingSteps=6", "--task", "arithmetic?level=1", .. more,
    ];

    private static string[] Quick(string command, string runs) => command == "posttrain"
        ? Tiny(command, runs, "--set", "promptsPerStep=4", "--set", "groupSize=4", "--method", "grpo+entropy")
        : Tiny(command, runs, "--loss", "dpo", "--set", "batchSize=16");

    /// <summary>
    /// Fails when the pairs are drawn anew, the reference is copied from the restored model, or the prompts begin again: each was tried.
    /// </summary>
    [Theory]
    [InlineData("posttrain")]
    [InlineData("prefer")]
    public void Killed_and_resumed_run_ends_with_the_same_bytes(string command)
    {
        using var folder = new TemporaryFolder();
        var undisturbed = Path.Combine(folder.Path, "undisturbed");
        var (status, output, error) = BellmanCommand.Run(Quick(command, undisturbed));
        Assert.True(status == 0, error);
        Assert.Contains("before", output, StringComparison.Ordinal);
        Assert.Contains("after", output, StringComparison.Ordinal);

        var disturbed = Path.Combine(folder.Path, "disturbed");
        using (var process = BellmanCommand.Start(Quick(command, disturbed)))
        {
            while (!process.HasExited && Checkpoints(disturbed).Length == 0) { Thread.Sleep(2); }
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        (status, output, error) = BellmanCommand.Run(command, "--resume", "latest", "--runs", disturbed);
        Assert.True(status == 0, error);
        Assert.Contains("Continuing", output, StringComparison.Ordinal);

        var (expected, actual) = (Checkpoints(undisturbed)[^1], Checkpoints(disturbed)[^1]);
        Assert.Equal(Path.GetFileName(expected), Path.GetFileName(actual));
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "tensors.safetensors")), File.ReadAllBytes(Path.Combine(actual, "tensors.safetensors")));
        Assert.Equal(Measurements(undisturbed), Measurements(disturbed));
    }

    [Theory]
    [InlineData("grpo", "posttrain", "--method", "grppo")]
    [InlineData("both decide the credit", "posttrain", "--method", "grpo+rloo")]
    [InlineData("group size is 1", "posttrain", "--set", "groupSize=1")]
    [InlineData("both decide", "posttrain", "--method", "vapo+dapo")]
    [InlineData("'ghpo' and 'xrpo' both decide the planner", "posttrain", "--method", "grpo+ghpo+xrpo")]
    [InlineData("'p' of method thr", "posttrain", "--method", "grpo+thr", "--set", "thr.p=1.5")]
    [InlineData("compares none", "posttrain", "--method", "reinforce+thr")]
    [InlineData("Give one of them", "posttrain", "--task", "arithmetic", "--data", "x.jsonl")]
    [InlineData("arithmetic", "posttrain", "--task", "arithmetik")]
    [InlineData("learningRate", "posttrain", "--set", "learningrat=1")]
    [InlineData("simpo", "prefer", "--loss", "simp")]
    [InlineData("noise", "prefer", "--loss", "robust", "--set", "loss.noise=0.5")]
    [InlineData("batchSize", "prefer", "--set", "batchsiz=4")]
    [InlineData("run", "posttrain", "--model", "no-such-model")]
    public void Wrong_input_is_refused_before_a_run_is_made(string expected, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var (status, _, error) = BellmanCommand.Run([.. arguments, "--runs", folder.Path]);
        Assert.True(status == 2, $"{status}: {error}");
        Assert.Contains(expected, error, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
    }

    [Theory]
    [InlineData("grpo+thr+xrpo", "thr.p=-0.1")]
    [InlineData("gspo+ghpo+thr", "ghpo.coldStartSteps=0")]
    public void Methods_of_papers_are_put_on_one_another(string method, string setting)
    {
        using var folder = new TemporaryFolder();
        var (status, output, error) = BellmanCommand.Run(Tiny("posttrain", folder.Path, "--method", method, "--set", setting, "--set", "promptsPerStep=4", "--set", "groupSize=4"));
        Assert.True(status == 0, error);
        Assert.Contains("Finished 8 steps", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Trained_model_is_given_to_the_next_run_by_name()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, BellmanCommand.Run(Quick("posttrain", folder.Path)).Status);
        var run = Path.GetFileName(Directory.EnumerateDirectories(folder.Path).Single(path => File.Exists(Path.Combine(path, "run.json"))));
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(folder.Path, run, "samples")));
        var (status, output, error) = BellmanCommand.Run(["prefer", "--model", run, "--steps", "1", "--items", "5", "--runs", folder.Path, "--task", "arithmetic?level=1", "--set", "maximumNewTokens=16", "--loss", "simpo"]);
        // Six supervised steps may not yet give a right answer beside a wrong one; that is then said.
        Assert.True(status == 0 || error.Contains("nothing is preferred", StringComparison.Ordinal), error);
        Assert.DoesNotContain("Teaching", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Techniques_are_listed_and_a_search_without_result_names_the_nearest()
    {
        var (status, output, _) = BellmanCommand.Run("techniques", "adv.group");
        Assert.Equal(0, status);
        Assert.Contains("adv.group.grpo", output, StringComparison.Ordinal);
        Assert.DoesNotContain("pref.dpo ", output, StringComparison.Ordinal);
        var listed = (JsonNode.Parse(BellmanCommand.Run("techniques", "--json").Output) as JsonArray ?? []).Select(entry => entry?["key"]?.ToString() ?? "").ToList();
        Assert.Equal([.. ComponentRegistry.All.Select(entry => entry.Key), .. PostTrainingMethod.All.Select(method => "method:" + method.Key), .. PaperMethods.All.Select(addition => "method:+" + addition.Key)], listed);
        Assert.Contains("pref.simpo", BellmanCommand.Run("techniques", "pref.simpp").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Hugging_Face_model_keeps_its_tokenizer_and_template_through_training()
    {
        using var folder = new TemporaryFolder();
        var source = ChatModel(folder);
        var (status, output, error) = BellmanCommand.Run(Tiny("posttrain", Path.Combine(folder.Path, "runs"), "--model", source, "--set", "promptsPerStep=2", "--set", "groupSize=2", "--set", "maximumNewTokens=3"));
        Assert.True(status == 0, error);
        Assert.DoesNotContain("Teaching", output, StringComparison.Ordinal);
        var run = new RunStore(Path.Combine(folder.Path, "runs")).Open("latest");
        Assert.Contains($"bellman posttrain --model {run.Folder}", output, StringComparison.Ordinal);
        foreach (var file in new[] { "tokenizer.json", "tokenizer_config.json", "chat_template.jinja" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(source, file)), File.ReadAllBytes(Path.Combine(run.Folder, "model", file)));
        }
        // 20 tokens hold the question but not the conversation around it.
        var cramped = ChatModel(folder, "cramped", 20);
        (status, output, error) = BellmanCommand.Run("posttrain", "--model", cramped, "--steps", "1", "--items", "1", "--task", "arithmetic?level=1", "--set", "maximumNewTokens=2", "--runs", Path.Combine(folder.Path, "chat"));
        Assert.True(status == 2 && error.Contains("context of 20", StringComparison.Ordinal), $"{status}: {error}{output}");
        (status, _, error) = BellmanCommand.Run("posttrain", "--model", cramped, "--template", "plain", "--steps", "1", "--items", "1", "--task", "arithmetic?level=1", "--set", "maximumNewTokens=2", "--runs", Path.Combine(folder.Path, "plain"));
        Assert.True(status == 0, error);
    }

    [Fact]
    public void Pairs_from_a_file_are_written_in_the_models_layout()
    {
        using var folder = new TemporaryFolder();
        var source = ChatModel(folder);
        var data = Path.Combine(folder.Path, "pairs.jsonl");
        File.WriteAllText(data, """
            {"prompt": "1+1=", "chosen": "2", "rejected": "3"}
            {"prompt": "2+2=", "chosen": "4", "rejected": "5"}

            """);
        var (status, _, error) = BellmanCommand.Run("prefer", "--model", source, "--data", data, "--loss", "dpo", "--steps", "2", "--items", "2", "--set", "maximumNewTokens=3", "--runs", Path.Combine(folder.Path, "runs"));
        Assert.True(status == 0, error);
        var run = new RunStore(Path.Combine(folder.Path, "runs")).Open("latest");
        var pair = JsonNode.Parse(File.ReadAllText(Path.Combine(run.Folder, "pairs.json")))?[0];
        int[] Ids(string name) => [.. (pair?[name] as JsonArray ?? []).Select(id => id?.GetValue<int>() ?? -1)];
        using var model = LanguageModelFolder.Load(source);
        Assert.Equal(model.Template.Encode([new ChatMessage("user", "1+1=")], model.Tokenizer), Ids("Prompt"));
        Assert.Equal([.. model.Tokenizer.Encode("2"), model.AnswerEnd], Ids("Chosen"));
        Assert.Equal("<|im_end|>", model.Tokenizer.Decode([model.AnswerEnd], skipSpecial: false));
    }

    /// <summary>A model in Hugging Face's layout that was made for conversations.</summary>
    private static string ChatModel(TemporaryFolder folder, string name = "chat-model", int context = 96)
    {
        var tokenizer = BytePairTrainer.Train(["1+2=3"], new BytePairTrainingOptions { VocabularySize = 259, SpecialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] });
        var shape = new TransformerConfiguration { VocabularySize = tokenizer.VocabularySize, HiddenSize = 32, IntermediateSize = 48, Layers = 1, Heads = 2, KeyValueHeads = 1, HeadDimension = 16, ContextLength = context, EndTokens = tokenizer.EndTokens };
        using var model = new LanguageModelFolder(name, Transformer.Create(shape, RandomStream.Create(1)), tokenizer, ChatTemplate.Named("chatml"));
        var path = Path.Combine(folder.Path, name);
        model.Save(path);
        return path;
    }

    /// <summary>The server is a process of its own; the run is killed in its middle and continued, too.</summary>
    [Fact]
    public async Task Run_whose_responses_a_server_draws_ends_with_the_bytes_of_one_without()
    {
        using var folder = new TemporaryFolder();
        string[] Recipe(string name, params string[] more) => [.. Quick("posttrain", Path.Combine(folder.Path, name)), .. more];
        var (status, _, error) = BellmanCommand.Run(Recipe("here"));
        Assert.True(status == 0, error);

        using var server = BellmanCommand.Start("Bellman.Cli", null, "serve", "tiny", "--port", "0", "--updates", folder.Path);
        var announcement = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
        var address = announcement.Split(' ').Single(word => word.StartsWith("http", StringComparison.Ordinal));
        try
        {
            (status, _, error) = BellmanCommand.Run(Recipe("there", "--sampler", address));
            Assert.True(status == 0, error);
            using (var process = BellmanCommand.Start(Recipe("killed", "--sampler", address)))
            {
                while (!process.HasExited && Checkpoints(Path.Combine(folder.Path, "killed")).Length == 0) { Thread.Sleep(2); }
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
            (status, _, error) = BellmanCommand.Run("posttrain", "--resume", "latest", "--runs", Path.Combine(folder.Path, "killed"));
            Assert.True(status == 0, error);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            server.WaitForExit();
        }
        string[] names = ["here", "there", "killed"];
        byte[][] ends = [.. names.Select(name => File.ReadAllBytes(Path.Combine(Checkpoints(Path.Combine(folder.Path, name))[^1], "tensors.safetensors")))];
        string[][] measurements = [.. names.Select(name => Measurements(Path.Combine(folder.Path, name)))];
        for (var i = 1; i < names.Length; i++)
        {
            Assert.Equal(ends[0], ends[i]);
            Assert.Equal(measurements[0], measurements[i]);
        }
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(folder.Path, "there"), "sampler", SearchOption.AllDirectories).SelectMany(Directory.EnumerateFileSystemEntries));
    }

    [Theory]
    [InlineData("--sampler URL", "--sampler-weights", "fixed")]
    [InlineData("--sampler URL", "--set", "sampler.attempts=2")]
    [InlineData("follow or fixed", "--sampler", "http://127.0.0.1:1", "--sampler-weights", "old")]
    [InlineData("no address of a server", "--sampler", "nowhere")]
    [InlineData("Check that the server runs", "--sampler", "http://127.0.0.1:1", "--set", "sampler.attempts=1")]
    public void Server_that_cannot_sample_is_refused_before_a_run_is_made(string expected, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var (status, _, error) = BellmanCommand.Run(["posttrain", .. arguments, "--runs", folder.Path]);
        Assert.NotEqual(0, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
    }

    [Theory]
    [InlineData("kto", "answers.json")]
    [InlineData("bco", "answers.json")]
    [InlineData("dpo", "pairs.json")]
    [InlineData("pl", "answers.json")]
    [InlineData("dro", "answers.json")]
    [InlineData("oreo", "answers.json")]
    [InlineData("apo_star", "answers.json")]
    [InlineData("ilql", "answers.json")]
    [InlineData("verifierq", "answers.json")]
    public void Every_kind_of_feedback_is_learned_from(string loss, string kept)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "feedback.jsonl");
        File.WriteAllText(data, loss == "dpo"
            ? """
              {"prompt": "1+1=", "chosen": "2", "rejected": "3"}
              {"prompt": "2+2=", "chosen": "4", "rejected": "5"}

              """
            : """
              {"prompt": "1+1=", "completion": "2", "label": true}
              {"prompt": "1+1=", "completion": "3", "label": false}
              {"prompt": "2+2=", "completion": [{"role": "assistant", "content": "4"}], "label": 1}
              {"prompt": "2+2=", "completion": "5", "label": 0.0}

              """);
        var runs = Path.Combine(folder.Path, "runs");
        var (status, output, error) = BellmanCommand.Run("prefer", "--model", ChatModel(folder), "--data", data, "--loss", loss, "--steps", "2", "--items", "2", "--set", "maximumNewTokens=3", "--runs", runs);
        Assert.True(status == 0, error);
        var run = new RunStore(runs).Open("latest");
        Assert.True(File.Exists(Path.Combine(run.Folder, kept)));
        Assert.Equal(loss == "ilql", File.Exists(Path.Combine(run.Folder, "model", HiddenSteering.FileName)));
        Assert.Equal(loss == "verifierq", output.Contains("the verifier gives most", StringComparison.Ordinal));
        if (loss != "ilql") { return; }
        // The values steer whatever samples from the folder, until the model is trained on.
        using (var model = LanguageModelFolder.Load(Path.Combine(run.Folder, "model"))) { Assert.Equal(4, model.Steering?.Beta); }
        (status, _, error) = BellmanCommand.Run("posttrain", "--model", run.Folder, "--task", "arithmetic?level=1", "--steps", "1", "--items", "1", "--set", "maximumNewTokens=3", "--runs", Path.Combine(folder.Path, "next"));
        Assert.True(status == 0, error);
        Assert.False(File.Exists(Path.Combine(new RunStore(Path.Combine(folder.Path, "next")).Open("latest").Folder, "model", HiddenSteering.FileName)));
    }

    [Theory]
    [InlineData("""{"prompt": "1", "completion": "2", "label": "yes"}""", "'label'")]
    [InlineData("""{"prompt": "1", "completion": "", "label": true}""", "empty answer")]
    [InlineData("""{"prompt": "1", "completion": "2"}""", "label, reward, score")]
    [InlineData("""{"completion": "2", "label": true}""", "'prompt'")]
    [InlineData("""{"prompt": "1", "completion": "2", "label": true}""", "nothing to tell apart")]
    public void Feedback_that_says_nothing_is_refused(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "feedback.jsonl");
        File.WriteAllText(data, line + "\n");
        var (status, _, error) = BellmanCommand.Run("prefer", "--model", ChatModel(folder), "--data", data, "--loss", "kto", "--steps", "1", "--items", "1", "--set", "maximumNewTokens=3", "--runs", Path.Combine(folder.Path, "runs"));
        Assert.Equal(2, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static string[] Measurements(string runs) =>
        [.. File.ReadLines(Directory.EnumerateFiles(runs, "metrics.jsonl", SearchOption.AllDirectories).Single()).Select(line => Clock().Replace(line, ""))];

    [GeneratedRegex(",\"time/[^,}]*")]
    private static partial Regex Clock();

    private static string[] Checkpoints(string runs) => Directory.Exists(runs)
        ? [.. Directory.EnumerateDirectories(runs, "step-*", SearchOption.AllDirectories).Where(path => File.Exists(Path.Combine(path, "manifest.json")) && !path.Contains(".writing", StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
        : [];
}
