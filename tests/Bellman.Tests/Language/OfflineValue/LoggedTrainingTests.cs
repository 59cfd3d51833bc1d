using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Tokenizers;
using Bellman.Tests.Cli;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>Off-policy methods on logged responses: what they learn is compared with what the data or the enumeration say exactly.</summary>
[Collection("torch alone")]
public sealed class LoggedTrainingTests
{
    private static readonly RunSum Task = TabularTraining.Task;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static OfflineTrainingOptions Whole(int steps, double rate = .05) => new() { BatchSize = 1_000_000, LearningRate = rate, MaximumGradientNorm = 1e9, DecaySteps = steps };

    private static List<LoggedResponse> Sampled(TabularLanguageModel model, int samples, ulong seed = 3, int[]? only = null)
    {
        var prompts = Task.Prompts().Where((_, i) => only?.Contains(i) != false).ToList();
        var drawn = new TabularSampler(model).Sample([.. prompts.Select((prompt, i) => new SamplingPrompt(prompt.Tokens, samples, RandomStream.Create(seed, $"draw{i}")))], new SamplingOptions());
        return [.. prompts.Zip(drawn).SelectMany(pair => pair.Second.Select(response => new LoggedResponse(pair.First.Tokens, response.Tokens, Task.Reward(pair.First.Tokens, response.Tokens))))];
    }

    /// <summary>
    /// Trained on every response there is to some prompts (A*-PO, whose V* is an expectation under the reference: on its samples). With the
    /// sign of the value or of the divergence turned round each of them fails.
    /// </summary>
    [Theory]
    [InlineData("loss.dro", .01)]
    [InlineData("loss.oreo", .01)]
    [InlineData("loss.apo_star", .05)]
    public void Policy_and_value_reach_the_exact_optimum(string key, double bound)
    {
        const double beta = .3;
        const int steps = 700;
        int[] prompts = [0, 5, 13, 22];
        using var model = Task.Reference();
        var reference = ExactDistribution.Of(model);
        var optimum = reference.Tilted(Task.Reward, beta);
        double Divergence(ExactDistribution policy) => prompts.Average(prompt => policy.LogProbabilities(prompt).Zip(optimum.LogProbabilities(prompt)).Sum(pair => Math.Exp(pair.First) * (pair.First - pair.Second)));
        Assert.True(Divergence(reference) > .5);
        var loss = ComponentRegistry.Create<LoggedLoss>(key, key switch { "loss.dro" => [new("tau", "0.3")], "loss.oreo" => [new("beta", "0.3")], _ => [new("beta", "0.3"), new("valueBeta", "0.3")] });
        List<LoggedResponse> data = loss.NeedsValues ? [.. prompts.Select(Task.Shape.Prompt).SelectMany(prompt => reference.Responses.Select(response => new LoggedResponse(prompt, response, Task.Reward(prompt, response))))] : Sampled(model, 2000, only: prompts);
        using var critic = new TabularCritic(model);
        using var trainer = new LoggedTrainer(model, data, loss, Whole(steps), critic);
        trainer.Run(steps, cancellation: Cancellation);
        var divergence = Divergence(ExactDistribution.Of(model));
        Assert.True(divergence < bound, $"{divergence}");
        if (!loss.NeedsValues) { return; }
        foreach (var prompt in prompts)
        {
            // V* = beta log sum pi_ref e^{r / beta}
            var digits = Task.Shape.Prompt(prompt);
            var value = beta * Math.Log(reference.Responses.Select((response, i) => Math.Exp(reference.LogProbabilities(prompt)[i] + Task.Reward(digits, response) / beta)).Sum());
            using var scope = TorchSharp.torch.NewDisposeScope();
            Near(value, Values(critic.Values(TokenExample.Batch([new TokenExample(digits, [0, Task.End])])))[digits.Length], .02);
        }
    }

    [Theory]
    [InlineData(.5)]
    [InlineData(.9)]
    public void Token_values_are_those_of_the_data_and_steer_the_decoding(double tau)
    {
        const int steps = 500;
        using var model = Task.Reference();
        var data = Sampled(model, 24);
        using var critic = new TabularActionCritic(model);
        using var trainer = new IlqlTrainer(model, critic, data, new IlqlOptions { Tau = tau, Gamma = .95, Conservative = 0, TargetRate = .2 }, Whole(steps));
        trainer.Run(steps, cancellation: Cancellation);
        foreach (var group in data.GroupBy(logged => Task.Shape.PromptIndex(logged.Prompt)))
        {
            var exact = new DataTree([.. group.Select(logged => ((int[][])[.. logged.Response.Select(token => (int[])[token])], logged.Reward))], tau, .95);
            foreach (var (prefix, value) in exact.Values) { Near(value, critic.Value(group.Key, prefix), .03); }
        }
        using var steered = critic.Steered(model, 8);
        var (imitation, improved) = (TabularTraining.Accuracy(model), TabularTraining.Accuracy(steered));
        Assert.InRange(imitation, .3, .5);
        Assert.True(improved > .85, $"{improved}");
        using var unsteered = critic.Steered(model, 0);
        Near(imitation, TabularTraining.Accuracy(unsteered), 1e-6);
    }

    /// <summary>Steps end at the comma and at the end; the value of a step that is followed by others is half the expectile of theirs.</summary>
    [Fact]
    public void Step_values_are_those_of_the_data_and_choose_right_answers()
    {
        const int steps = 800;
        using var model = Task.Reference();
        LoggedResponse Stepped(LoggedResponse logged) => logged with { StepEnds = StepVerifier.Ends(logged.Response, token => token == Task.Comma) };
        var data = Sampled(model, 24).ConvertAll(Stepped);
        using var critic = new TabularActionCritic(model);
        using var trainer = new StepVerifierTrainer(model, critic, data, new VerifierQOptions { TargetRate = .2 }, Whole(steps, .2));
        trainer.Run(steps, cancellation: Cancellation);
        var verifier = new StepVerifier(critic);
        var found = verifier.Steps(data);
        var number = 0;
        foreach (var group in data.GroupBy(logged => Task.Shape.PromptIndex(logged.Prompt)))
        {
            var tree = new DataTree([.. group.Select(logged => (Pieces(logged), logged.Reward))], .9, .5);
            foreach (var logged in group)
            {
                int[] before = [];
                foreach (var (piece, q) in Pieces(logged).Zip(found[number++]))
                {
                    before = [.. before, .. piece];
                    Near(before.Length == logged.Response.Length ? logged.Reward : .5 * tree.Values[before], q, .06);
                }
            }
        }
        // Fresh answers: the best of eight by their worst step.
        var fresh = Sampled(model, 8, 5).ConvertAll(Stepped);
        var chosen = Task.Prompts().Select((_, i) => fresh[8 * i + BestOfN.Choose(verifier.Scores(fresh[(8 * i)..(8 * i + 8)]))].Reward).Average();
        Assert.True(chosen > fresh.Average(logged => logged.Reward) + .3, $"{fresh.Average(logged => logged.Reward)}, {chosen}");

        int[][] Pieces(LoggedResponse logged)
        {
            var begin = 0;
            return [.. (logged.StepEnds ?? []).Select(end =>
            {
                var piece = logged.Response[begin..(end + 1)];
                begin = end + 1;
                return piece;
            })];
        }
    }

    /// <summary>In one turn the advantage is the reward's distance from the mean of the prompt's responses; a turn before another is worth gamma V of what follows.</summary>
    [Fact]
    public void Turn_critics_find_the_value_of_the_policy()
    {
        using var model = Task.Reference();
        Rollout Rolled(LoggedResponse logged, int group, int[] turns) => new()
        {
            Prompt = new PromptItem($"{group}", logged.Prompt),
            Context = logged.Prompt,
            Tokens = logged.Response,
            Mask = [.. logged.Response.Select(_ => true)],
            LogProbabilities = [],
            Group = group,
            TurnStarts = turns,
        };
        var data = Sampled(model, 12);
        var rollouts = data.Select((logged, i) => Rolled(logged, i / 12, [0])).ToList();
        // Two turns: a digit and the comma, then the answer. Only two of them, both begun alike.
        int[] prompt = [0, 0, 1];
        rollouts.Add(Rolled(new LoggedResponse(prompt, [2, Task.Comma, 1, Task.End], 1), 100, [0, 2]));
        rollouts.Add(Rolled(new LoggedResponse(prompt, [2, Task.Comma, 0, Task.End], 0), 100, [0, 2]));
        var rewards = data.Select(logged => logged.Reward).Concat([1.0, 0.0]).ToArray();
        var batch = CreditBatchOf(rollouts, rewards);

        using var credit = new ArcherCredit { LearningRate = .02, BatchSize = 400, Gamma = .8, WarmUp = 1 };
        credit.Check(new PostTrainingStages { Model = model, Tokenizer = null, Credit = credit, Objective = new ReinforceObjective(), Planner = new FixedPlanner(1), Transforms = [], Rewards = [], Options = new PostTrainingOptions() });
        Assert.All(credit.Assign(batch, new Recorded()).Advantages, advantage => Assert.Equal(0, advantage));
        // The critics learn from draws, so their values waver: their mean over the second half.
        var found = new double[batch.Rows * batch.Tokens];
        for (var i = 0; i < 80; i++)
        {
            var advantages = credit.Assign(batch, new Recorded()).Advantages;
            for (var j = 0; i >= 40 && j < found.Length; j++) { found[j] += advantages[j] / 40; }
        }
        for (var row = 0; row < data.Count; row++)
        {
            if (data[row].Prompt.AsSpan().SequenceEqual(prompt)) { continue; }
            var mean = data.Where(logged => logged.Prompt.AsSpan().SequenceEqual(data[row].Prompt)).Average(logged => logged.Reward);
            Near(data[row].Reward - mean, found[row * batch.Tokens + 3], .08);
        }
        // After "2," half of the answers are right.
        var last = data.Count;
        Near(.5, found[last * batch.Tokens + 5], .08);
        Near(-.5, found[(last + 1) * batch.Tokens + 5], .08);
        Near(found[last * batch.Tokens + 3], found[(last + 1) * batch.Tokens + 3], 1e-6);

        // What it has learned travels.
        var saved = JsonState.Save(credit).ToJsonString();
        using var other = new ArcherCredit { LearningRate = .02, BatchSize = 400, Gamma = .8, WarmUp = 1 };
        other.Check(new PostTrainingStages { Model = model, Tokenizer = null, Credit = other, Objective = new ReinforceObjective(), Planner = new FixedPlanner(1), Transforms = [], Rewards = [], Options = new PostTrainingOptions() });
        JsonState.Load(other, System.Text.Json.Nodes.JsonNode.Parse(saved) as System.Text.Json.Nodes.JsonObject ?? []);
        Assert.Equal(credit.Assign(batch, new Recorded()).Advantages, other.Assign(batch, new Recorded()).Advantages);
    }

    [Theory]
    [InlineData(TransformerEngine.Simd)]
    [InlineData(TransformerEngine.Torch)]
    public void Transformer_is_steered_by_its_values_and_keeps_them_in_its_folder(TransformerEngine engine)
    {
        var tokenizer = new CharacterTokenizer("0123456789");
        var shape = new TransformerConfiguration { VocabularySize = tokenizer.VocabularySize, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 2, ContextLength = 16, EndTokens = tokenizer.EndTokens, InitialDeviation = 0.3 };
        using var model = new LanguageModelFolder("values", Transformer.Create(shape, RandomStream.Create(1), new TransformerOptions { Threads = 1, Engine = engine }), tokenizer, ChatTemplate.Named("plain"));
        double Threes(int[] tokens) => tokenizer.Decode(tokens).Count(letter => letter == '3');
        SamplingPrompt[] prompts = [.. Enumerable.Range(0, 8).Select(digit => new SamplingPrompt(tokenizer.Encode($"{digit}"), 24, RandomStream.Create((ulong)digit)))];
        var sampling = new SamplingOptions { MaximumNewTokens = 6 };
        IReadOnlyList<Completion> Draw() => [.. model.Sampler().Sample(prompts, sampling, Cancellation).SelectMany(group => group)];
        var logged = model.Sampler().Sample(prompts, sampling, Cancellation).SelectMany((group, i) => group.Select(response => new LoggedResponse(prompts[i].Tokens, response.Tokens, Threes(response.Tokens)))).ToList();
        using var critic = new HiddenActionCritic(model.Model, RandomStream.Create(2), apart: false);
        using var trainer = new IlqlTrainer(model.Model, critic, logged, new IlqlOptions { Gamma = 1, TargetRate = .2 }, new OfflineTrainingOptions { BatchSize = 96, LearningRate = 5e-3 });
        trainer.Run(60, cancellation: Cancellation);
        var plain = Draw().Average(response => Threes(response.Tokens));
        model.Steering = critic.Steering(8);
        var steered = Draw();
        Assert.True(steered.Average(response => Threes(response.Tokens)) > plain + .5, $"{plain}, {steered.Average(response => Threes(response.Tokens))}");

        // The decoder's distribution is the one that the equations give.
        using (TorchSharp.torch.NewDisposeScope())
        {
            var tokens = TokenExample.Batch([new TokenExample(prompts[0].Tokens, steered[0].Tokens)]);
            var values = critic.Values(tokens, model.Model.Score(tokens, 1, ScoreOutputs.Hidden));
            var logits = model.Model.Score(tokens, 1, ScoreOutputs.Logits).Logits?.squeeze(0).narrow(0, prompts[0].Tokens.Length, steered[0].Tokens.Length);
            Assert.NotNull(logits);
            var expected = ImplicitLanguageQ.PolicyLogits(logits, values.Target, values.Values.unsqueeze(1), 8).log_softmax(-1)
                .gather(1, TorchSharp.torch.tensor(Array.ConvertAll(steered[0].Tokens, token => (long)token)).unsqueeze(1)).squeeze(1);
            Near(Values(expected), [.. steered[0].LogProbabilities.Select(value => (double)value)], 2e-4);
        }

        using var folder = new TemporaryFolder();
        model.Save(folder.Path);
        using var loaded = LanguageModelFolder.Load(folder.Path, options: new TransformerOptions { Threads = 1, Engine = engine });
        Assert.Equal(steered.Select(response => string.Join(',', response.Tokens)), loaded.Sampler().Sample(prompts, sampling, Cancellation).SelectMany(group => group).Select(response => string.Join(',', response.Tokens)));
        File.WriteAllText(Path.Combine(folder.Path, HiddenSteering.FileName), "nonsense");
        Assert.Contains(HiddenSteering.FileName, Assert.ThrowsAny<BellmanException>(() => LanguageModelFolder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ilql")]
    [InlineData("dro")]
    [InlineData("verifierq")]
    public void Restored_training_continues_to_the_byte(string kind)
    {
        using var model = Task.Reference();
        var data = Sampled(model, 6);
        (OfflineTrainer Trainer, IDisposable Critic) Make(TabularLanguageModel policy)
        {
            var options = Whole(0) with { BatchSize = 20, DecaySteps = 0 };
            if (kind == "dro")
            {
                var values = new TabularCritic(policy);
                return (new LoggedTrainer(policy, data, new DroLoss(), options, values), values);
            }
            var critic = new TabularActionCritic(policy);
            return (kind == "ilql" ? new IlqlTrainer(policy, critic, data, new IlqlOptions(), options) : new StepVerifierTrainer(policy, critic, data, new VerifierQOptions(), options), critic);
        }
        var (whole, critic) = Make(model);
        using (critic) using (whole)
        {
            whole.Run(5, cancellation: Cancellation);
            var saved = JsonState.Save(whole).ToJsonString();
            whole.Run(5, cancellation: Cancellation);
            using var other = new TabularLanguageModel(Task.Shape);
            var (resumed, otherCritic) = Make(other);
            using (otherCritic) using (resumed)
            {
                resumed.Run(2, cancellation: Cancellation);
                JsonState.Load(resumed, System.Text.Json.Nodes.JsonNode.Parse(saved) as System.Text.Json.Nodes.JsonObject ?? []);
                resumed.Run(5, cancellation: Cancellation);
                Assert.Equal(JsonState.Save(whole).ToJsonString(), JsonState.Save(resumed).ToJsonString());
            }
        }
    }

    [Theory]
    [InlineData("none", "no responses")]
    [InlineData("empty", "is empty")]
    [InlineData("nan", "no finite number")]
    [InlineData("falling", "must rise")]
    [InlineData("short", "does not end with a step")]
    [InlineData("large", "from 0 to 1")]
    public void Responses_that_teach_nothing_are_refused(string kind, string expected)
    {
        using var model = Task.Reference();
        using var critic = new TabularActionCritic(model);
        LoggedResponse good = new([0, 1, 2], [1, 3, 1, 4], 1);
        LoggedResponse[] data = kind switch
        {
            "empty" => [good with { Response = [] }],
            "nan" => [good with { Reward = double.NaN }],
            "falling" => [good with { StepEnds = [2, 1, 3] }],
            "short" => [good with { StepEnds = [1] }],
            "large" => [good with { Reward = 2 }],
            _ => [],
        };
        Assert.Contains(expected, Assert.Throws<UsageException>(() => new StepVerifierTrainer(model, critic, data, new VerifierQOptions(), new OfflineTrainingOptions())).Message, StringComparison.Ordinal);
    }

    private static CreditBatch CreditBatchOf(List<Rollout> rollouts, double[] rewards)
    {
        var length = rollouts.Max(rollout => rollout.Context.Length + rollout.Tokens.Length);
        var mask = new bool[rollouts.Count * length];
        for (var row = 0; row < rollouts.Count; row++) { Array.Fill(mask, true, row * length + rollouts[row].Context.Length, rollouts[row].Tokens.Length); }
        return new CreditBatch { Rows = rollouts.Count, Tokens = length, Mask = mask, Rewards = rewards, Groups = [.. rollouts.Select(rollout => rollout.Group)], Rollouts = rollouts };
    }

    /// <summary>What data say of each prefix, by going through them: V = the expectile of Q over what was done there, Q = the reward at the end, discount x V before.</summary>
    private sealed class DataTree
    {
        public DataTree(IReadOnlyList<(int[][] Pieces, double Reward)> data, double tau, double discount) => Walk([], data, 0, tau, discount);

        public Dictionary<int[], double> Values { get; } = new(new SameTokens());

        private double Walk(int[] prefix, IReadOnlyList<(int[][] Pieces, double Reward)> rows, int depth, double tau, double discount)
        {
            var values = new List<double>();
            foreach (var group in rows.GroupBy(row => string.Join(',', row.Pieces[depth])))
            {
                var members = group.ToList();
                var ended = members[0].Pieces.Length == depth + 1;
                var q = ended ? members[0].Reward : discount * Walk([.. prefix, .. members[0].Pieces[depth]], members, depth + 1, tau, discount);
                values.AddRange(members.Select(_ => q));
            }
            var (low, high) = (values.Min(), values.Max());
            for (var i = 0; i < 60; i++)
            {
                var middle = (low + high) / 2;
                if (values.Sum(q => (q < middle ? 1 - tau : tau) * (q - middle)) > 0) { low = middle; }
                else { high = middle; }
            }
            return Values[prefix] = (low + high) / 2;
        }

        private sealed class SameTokens : IEqualityComparer<int[]>
        {
            public bool Equals(int[]? x, int[]? y) => x is not null && y is not null && x.AsSpan().SequenceEqual(y);

            public int GetHashCode(int[] tokens) => tokens.Aggregate(17, HashCode.Combine);
        }
    }
}
