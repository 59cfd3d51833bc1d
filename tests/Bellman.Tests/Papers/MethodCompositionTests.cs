using Bellman.Language;
using Bellman.Language.Tasks;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers;
using Xunit;

namespace Bellman.Tests.Papers;

/// <summary>
/// Every pair of the papers' methods (and the entropy term) on GRPO: compatible ones train together for two steps and each leaves its trace, incompatible
/// ones are refused by name and reason. A method adds one line to <see cref="Rows"/>, and one to <see cref="Refused"/> for each pair that cannot be.
/// </summary>
[Collection("torch alone")]
public sealed class MethodCompositionTests
{
    /// <summary>A method and how it is seen at work.</summary>
    /// <param name="Key">As after the plus sign.</param>
    /// <param name="Settings">Options with which two steps suffice.</param>
    /// <param name="IsPresent">Whether the two steps show its effect; it must be false for a trainer without the method.</param>
    private sealed record Row(string Key, Dictionary<string, string> Settings, Func<Trace, bool> IsPresent);

    private static readonly Row[] Rows =
    [
        new("entropy", new() { ["entropy.coefficient"] = "0.01" }, trace => trace.Largest("loss/term.entropy") < 0),
        new("thr", new() { ["thr.p"] = "0.5" }, trace => trace.Largest("thr/changed") > 0),
        new("repexp", new() { ["repexp.projectionDimension"] = "16" }, trace => trace.Steps.Any(step => step.Any(rollout => rollout.Components.GetValueOrDefault("repexp") > 0))),
        new("rmt", new() { ["rmt.thresholds"] = "0,0.5,1", ["rmt.documents"] = "40", ["rmt.layout"] = "direct" }, trace => trace.Largest("loss/term.ntp") > 0 && trace.Largest("reward/match") >= 0),
        new("knowrl", [], trace => trace.Largest("knowrl/incorrect") > 0 && trace.Steps.All(step => step.All(rollout => rollout.Components.ContainsKey("knowrl_correct")))),
        new("ghpo", new() { ["ghpo.coldStartSteps"] = "0", ["ghpo.hintTemplate"] = "{question}{hint}" },
            trace => trace.Steps.Exists(step => step.Any(rollout => rollout.Tag.StartsWith("hint", StringComparison.Ordinal) && rollout.Context.Length > rollout.Prompt.Tokens.Length))),
        new("xrpo", new() { ["xrpo.seedSimilarityFloor"] = "0" }, trace => trace.Largest("xrpo/largest_group") > 8 && trace.Largest("xrpo/eta") > 0),
        new("dynamic-reward-weighting", [], trace => Math.Max(trace.Largest("drw/weight_answer"), trace.Largest("drw/weight_conciseness")) > 0.334 && trace.Steps.All(step => step.All(rollout => rollout.Components.ContainsKey("conciseness")))),
    ];

    /// <summary>Pairs that cannot be combined, in the table's order, and a part of the reason.</summary>
    private static readonly Dictionary<(string, string), string> Refused = new()
    {
        [("rmt", "knowrl")] = "each replaces the rewards that are there",
        [("rmt", "ghpo")] = "the prompts of rmt are no questions",
        [("rmt", "dynamic-reward-weighting")] = "each decides what the rewards are",
        [("knowrl", "dynamic-reward-weighting")] = "each decides what the rewards are",
        [("ghpo", "xrpo")] = "both decide the planner",
    };

    public static TheoryData<string> Singles => [.. Rows.Select(row => row.Key)];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            for (var i = 0; i < Rows.Length; i++) { for (var j = i + 1; j < Rows.Length; j++) { pairs.Add(Rows[i].Key, Rows[j].Key); } }
            return pairs;
        }
    }

    [Fact]
    public void Table_has_every_method() => Assert.Equal(PaperMethods.All.Select(method => method.Key).Append("entropy").Order(), Rows.Select(row => row.Key).Order());

    [Theory]
    [MemberData(nameof(Singles))]
    public void Method_alone_shows_its_effect_and_grpo_alone_does_not(string key)
    {
        var row = Find(key);
        Assert.True(row.IsPresent(Train(row)), $"{key} left no trace: {Train(row)}");
        Assert.False(row.IsPresent(Train()), $"{key} is seen although it is not there.");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Pair_shows_both_effects_or_is_refused_by_name(string first, string second)
    {
        var (one, other) = (Find(first), Find(second));
        foreach (var order in new[] { new[] { one, other }, [other, one] })
        {
            if (Refused.TryGetValue((first, second), out var reason))
            {
                var error = Assert.Throws<UsageException>(() => Train(order)).Message;
                Assert.Contains(reason, error, StringComparison.Ordinal);
                Assert.Contains($"'{first}'", error, StringComparison.Ordinal);
                Assert.Contains($"'{second}'", error, StringComparison.Ordinal);
                continue;
            }
            var trace = Train(order);
            Assert.All(order, row => Assert.True(row.IsPresent(trace), $"{row.Key} left no trace in {string.Join('+', order.Select(member => member.Key))}: {trace}"));
        }
    }

    private static Row Find(string key) => Rows.Single(row => row.Key == key);

    /// <summary>Two steps on questions of 0 to 6 hard symbols whose reward an untaught model earns now and then; what has 6 is never right without a hint.</summary>
    private static Trace Train(params Row[] rows)
    {
        using var model = SmallBase.Get("composition", 1, 120, random => SymbolQuestions.Demonstration(new SymbolNoise(0.4, 0.2), random, hintShare: 0.3), contextLength: 192);
        var trace = new Trace();
        using var trainer = new PostTraining(model)
            .Prompts(new DrawnPromptSource(Question, RandomStream.Create(2, "prompts")))
            .Tokenizer(SmallBase.Tokenizer)
            .Reward(new TaskReward(formatWeight: 0))
            .Seed(3)
            .Options(options => options with { PromptsPerStep = 10, GroupSize = 8, MaximumNewTokens = SymbolQuestions.MaximumTokens, LearningRate = 1e-3 })
            .Observe(trace)
            .Method(string.Join('+', rows.Select(row => row.Key).Prepend("grpo")), rows.SelectMany(row => row.Settings).ToDictionary(), PaperMethods.All)
            .Build();
        for (var i = 0; i < 2; i++) { trainer.Advance(trace); }
        return trace;
    }

    private static PromptItem Question(RandomStream random)
    {
        // Half of them easy enough to be right now and then, half beyond the model.
        var question = SymbolMap.Question(SymbolQuestions.Length, random.NextBoolean() ? random.NextInt32(3) : 6, random);
        var item = new TextItem
        {
            Id = question,
            Level = 1,
            Prompt = SymbolQuestions.Text(question),
            Solution = SymbolMap.Images(question),
            Answer = SymbolMap.Images(question),
            Checker = new Half(SymbolMap.Images(question)),
        };
        return new PromptItem(item.Id, SmallBase.Tokenizer.Encode(item.Prompt)) { Text = item.Prompt, Target = item, Encode = text => SmallBase.Tokenizer.Encode(text) };
    }

    /// <summary>The first half must be right, so that several responses are.</summary>
    private sealed record Half(string Answer) : IAnswerChecker
    {
        public TaskScore Check(string response) => new(1, response.StartsWith(Answer[..(Answer.Length / 2)], StringComparison.Ordinal) ? 1 : 0, response, "");
    }

    /// <summary>All that two steps measured and drew.</summary>
    private sealed class Trace : IMetricSink, IRolloutObserver
    {
        private readonly Dictionary<string, List<double>> values = [];

        public List<IReadOnlyList<Rollout>> Steps { get; } = [];

        public double Largest(string metric) => values.TryGetValue(metric, out var all) ? all.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Max() : double.NaN;

        public void Add(string name, double value)
        {
            if (!values.TryGetValue(name, out var all)) { values[name] = all = []; }
            all.Add(value);
        }

        public void Episode(double episodeReturn, int length) { }

        public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics) => Steps.Add(rollouts);

        public override string ToString() => string.Join(", ", values.Select(pair => $"{pair.Key} {string.Join('/', pair.Value.Select(value => value.ToString("0.###")))}"));
    }
}
