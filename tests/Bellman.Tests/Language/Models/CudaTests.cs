using Bellman.Language;
using Bellman.Neural;
using Bellman.Tests.Cli;
using TorchSharp;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>The same model on a GPU: scores, gradients, sampling and every trainer. Skipped, with the reason, where there is no GPU.</summary>
[Collection("torch alone")]
public sealed class CudaTests
{
    private static readonly TransformerOptions Gpu = new() { Device = "cuda" };

    public static TheoryData<TransformerFamily> Families => [.. Enum.GetValues<TransformerFamily>()];

    [Theory]
    [MemberData(nameof(Families))]
    public void Scores_and_gradients_on_a_gpu_are_those_of_the_cpu(TransformerFamily family)
    {
        RequireGpu();
        using var scope = torch.NewDisposeScope();
        using var host = Model(family, new TransformerOptions());
        using var plain = Model(family, Gpu);
        using var again = Model(family, Gpu with { Checkpointing = true });
        var batch = TinyModels.Batch(TinyModels.Tokens(30, 1), TinyModels.Tokens(7, 2), TinyModels.Tokens(19, 3));
        var expected = Gradients(host, batch, out var scores);
        foreach (var model in new[] { plain, again })
        {
            Scores.Close(expected, Gradients(model, batch, out var own), 1e-3, "gradient");
            Scores.Close(scores, own, 1e-4, "log-probability");
        }
    }

    [Fact]
    public void Half_precision_on_a_gpu_is_close_and_trains_in_float32()
    {
        RequireGpu();
        using var scope = torch.NewDisposeScope();
        using var full = Model(TransformerFamily.Qwen3, new TransformerOptions());
        using var half = Model(TransformerFamily.Qwen3, Gpu with { Precision = TransformerPrecision.BFloat16 });
        using var frozen = Model(TransformerFamily.Qwen3, Gpu with { Precision = TransformerPrecision.BFloat16, Frozen = true });
        var batch = TinyModels.Batch(TinyModels.Tokens(30, 1));
        var expected = Scores.Array(full.Score(batch).LogProbabilities);
        foreach (var model in new[] { half, frozen }) { Scores.Close(expected, Scores.Array(model.Score(batch).LogProbabilities), 0.3); }
        half.Score(batch).LogProbabilities.sum().backward();
        Assert.All(half.Trainable, tensor => Assert.Equal(torch.ScalarType.Float32, tensor.Value.grad?.dtype));
        Assert.Empty(frozen.Trainable);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Sampler_on_a_gpu_says_the_log_probabilities_of_the_trainer(TransformerFamily family)
    {
        RequireGpu();
        using var scope = torch.NewDisposeScope();
        using var model = Model(family, Gpu);
        var prompts = Enumerable.Range(0, 5).Select(p => new SamplingPrompt(TinyModels.Tokens(1 + p * 5, (ulong)p), 2, RandomStream.Create(3).Child("prompt", p))).ToList();
        var samples = new LocalSampler(model).Sample(prompts, new SamplingOptions { MaximumNewTokens = 16 }, TestContext.Current.CancellationToken);
        for (var p = 0; p < prompts.Count; p++)
        {
            foreach (var completion in samples[p])
            {
                int[] prompt = prompts[p].Tokens, row = [.. prompt, .. completion.Tokens];
                var scored = Scores.Array(model.Score(TinyModels.Batch(row)).LogProbabilities);
                Scores.Close(completion.LogProbabilities, scored[prompt.Length..], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.0)]
    public void Tokens_drawn_on_a_gpu_are_those_drawn_from_its_logits(double temperature)
    {
        RequireGpu();
        using var model = Model(TransformerFamily.Qwen3, Gpu);
        int[] Drawn(bool onDevice) =>
        [
            .. new LocalSampler(model) { DrawsOnDevice = onDevice }.Sample([new SamplingPrompt([3, 5, 7], 20, RandomStream.Create(3))],
                new SamplingOptions { MaximumNewTokens = 20, Temperature = temperature }, TestContext.Current.CancellationToken)[0].SelectMany(completion => completion.Tokens),
        ];
        Assert.Equal(Drawn(onDevice: false), Drawn(onDevice: true));
    }

    [Fact]
    public void Adapters_saved_state_and_folder_come_back_from_a_gpu()
    {
        RequireGpu();
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var gpu = Model(TransformerFamily.Qwen2, Gpu);
        gpu.AddAdapters(new LowRankOptions { Rank = 3, Targets = ["q_proj", "down_proj"] }, RandomStream.Create(7));
        var batch = TinyModels.Batch(TinyModels.Tokens(20, 4));
        using var optimizer = new TensorAdam(gpu.Trainable);
        for (var step = 0; step < 3; step++)
        {
            optimizer.ZeroGradients();
            (-gpu.Score(batch).LogProbabilities.mean()).backward();
            optimizer.Step(1e-2);
        }
        var expected = Scores.Array(gpu.Score(batch).LogProbabilities);
        using var host = Model(TransformerFamily.Qwen2, new TransformerOptions());
        host.AddAdapters(new LowRankOptions { Rank = 3, Targets = ["q_proj", "down_proj"] }, RandomStream.Create(8));
        JsonState.Load(host, JsonState.Save(gpu));
        Scores.Close(expected, Scores.Array(host.Score(batch).LogProbabilities), 1e-4);
        gpu.MergeAdapters();
        gpu.Save(folder.Path);
        using var read = Transformer.Load(folder.Path);
        Scores.Close(expected, Scores.Array(read.Score(batch).LogProbabilities), 1e-4);
    }

    [Theory]
    [InlineData("grpo")]
    [InlineData("ppo")]
    [InlineData("dapo")]
    public void Post_training_on_a_gpu_takes_the_steps_of_the_cpu(string method)
    {
        RequireGpu();
        float[] After(TransformerOptions options)
        {
            using var model = Model(TransformerFamily.Llama, options);
            using var critic = new HiddenStateCritic(model);
            using var reference = model.Copy();
            // The reward of a token is its id: every group differs.
            var builder = new PostTraining(model)
                .Prompts([new PromptItem("a", [1, 2]), new PromptItem("b", [3, 2]), new PromptItem("c", [4, 4, 2])])
                .Reward(new FunctionReward("id", rollout => rollout.Tokens.Average()))
                .Seed(5)
                .Options(settings => settings with { PromptsPerStep = 3, GroupSize = 4, MaximumNewTokens = 6, LearningRate = 1e-3, RewardKl = 0.01 })
                .Reference(reference);
            if (method == "ppo") { builder = builder.Critic(critic); }
            using var trainer = builder.Method(method).Build();
            var metrics = new Recorded();
            for (var step = 0; step < 2; step++) { trainer.Advance(metrics); }
            Assert.Equal(0, metrics.Last["update/skipped"]);
            return [.. model.Trainable.SelectMany(tensor => Scores.Array(tensor.Value))];
        }
        Scores.Close(After(new TransformerOptions()), After(Gpu), 3e-3);
    }

    [Theory]
    [InlineData("pref.dpo")]
    [InlineData("pref.simpo")]
    [InlineData("pref.tdpo2")]
    public void Preferences_on_a_gpu_take_the_steps_of_the_cpu(string key)
    {
        RequireGpu();
        float[] After(TransformerOptions options)
        {
            using var model = Model(TransformerFamily.Llama, options);
            var pairs = Enumerable.Range(0, 8).Select(i => new PreferenceExample(TinyModels.Tokens(3, (ulong)i), TinyModels.Tokens(5, (ulong)(100 + i)), TinyModels.Tokens(7, (ulong)(200 + i)))).ToList();
            using var trainer = new PreferenceTrainer(model, pairs, ComponentRegistry.Create<PreferenceLoss>(key), new OfflineTrainingOptions { BatchSize = 4, LearningRate = 1e-3 });
            trainer.Run(3, cancellation: TestContext.Current.CancellationToken);
            return [.. model.Trainable.SelectMany(tensor => Scores.Array(tensor.Value))];
        }
        Scores.Close(After(new TransformerOptions()), After(Gpu), 3e-3);
    }

    [Fact]
    public void Supervised_fine_tuning_and_reward_models_learn_on_a_gpu()
    {
        RequireGpu();
        using var scope = torch.NewDisposeScope();
        using var model = Model(TransformerFamily.Llama, Gpu with { Precision = TransformerPrecision.BFloat16, Checkpointing = true });
        var batch = TinyModels.Batch(TinyModels.Tokens(20, 4), TinyModels.Tokens(30, 5));
        using var optimizer = new TensorAdam(model.Trainable);
        double Loss(bool learn)
        {
            using var inner = torch.NewDisposeScope();
            var loss = -model.Score(batch).LogProbabilities.sum() / 48;
            if (learn)
            {
                optimizer.ZeroGradients();
                loss.backward();
                optimizer.Step(1e-2);
            }
            return TensorNumbers.ToDouble(loss);
        }
        var before = Loss(learn: false);
        for (var step = 0; step < 30; step++) { Loss(learn: true); }
        Assert.True(Loss(learn: false) < before / 2);

        using var rewards = new RewardModel(model);
        var pairs = Enumerable.Range(0, 16).Select(i => new PreferenceExample([1, 2], [3, 4, i], [5, 6, i])).ToList();
        using var trainer = new RewardModelTrainer(rewards, pairs, new OfflineTrainingOptions { BatchSize = 16, LearningRate = 5e-3 });
        trainer.Run(30, cancellation: TestContext.Current.CancellationToken);
        var scores = Numbers.Values(rewards.Scores([new TokenExample([1, 2], [3, 4, 20]), new TokenExample([1, 2], [5, 6, 20])]));
        Assert.True(scores[0] > scores[1]);
    }

    private static float[] Gradients(Transformer model, TokenBatch batch, out float[] scores)
    {
        var logProbabilities = model.Score(batch).LogProbabilities;
        scores = Scores.Array(logProbabilities);
        (logProbabilities * logProbabilities).sum().backward();
        return [.. model.Trainable.SelectMany(tensor => Scores.Array(tensor.Value.grad))];
    }

    private static Transformer Model(TransformerFamily family, TransformerOptions options) =>
        Transformer.Create(TinyModels.Shape(family) with { InitialDeviation = 0.15 }, RandomStream.Create(11), options with { Threads = 1 });

    private static void RequireGpu()
    {
        TorchRuntime.EnsureLoaded();
        if (!torch.cuda.is_available()) { Assert.Skip("No CUDA GPU, or a build with the CPU's libtorch (dotnet test -p:LibTorch=cuda brings the other)."); }
    }
}
