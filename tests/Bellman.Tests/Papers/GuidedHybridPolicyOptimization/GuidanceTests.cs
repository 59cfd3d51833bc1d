using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.GuidedHybridPolicyOptimization;
using Bellman.Tests.Language;
using Bellman.Tests.Papers.LanguagePapers;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Papers.GuidedHybridPolicyOptimization;

/// <summary>Detection, stages, hints and which prompt a response is trained under, on scripted successes.</summary>
[Collection("torch alone")]
public sealed class GuidanceTests
{
    private static readonly GuidedHybridPolicyOptimizationOptions Warm = new() { ColdStartSteps = 0, HintTemplate = "{question}{hint}" };

    [Theory]
    [InlineData("abcdefghij", 0.25, "ab")]
    [InlineData("abcdefghij", 0.5, "abcde")]
    [InlineData("abcdefghij", 0.75, "abcdefgh")]
    [InlineData("abcdef", 0.25, "ab")]
    [InlineData("abcdef", 0.5, "abc")]
    [InlineData("abcdef", 0.75, "abcd")]
    [InlineData("abc", 0.25, "a")]
    [InlineData("abc", 0.5, "ab")]
    [InlineData("abc", 0.75, "ab")]
    [InlineData("", 0.5, "")]
    public void Hint_is_so_many_characters_rounded_half_to_even(string solution, double share, string hint) => Assert.Equal(hint, HintWriter.Beginning(solution, share));

    [Fact]
    public void Hint_never_ends_in_half_a_character() => Assert.Equal("a", HintWriter.Beginning("a\U0001F600b", 0.5));

    [Fact]
    public void Weighted_rewards_become_advantages_and_format_alone_leaves_a_prompt_difficult()
    {
        double[] accuracy = [1, 0, 0, 1], format = [1, 1, 0, 1];
        double[] rewards = [.. accuracy.Zip(format, (right, formed) => right + 0.5 * formed)];
        Assert.Equal([1.5, .5, 0, 1.5], rewards);
        Near([.833222, -.499933, -1.166511, .833222], new GrpoCredit { Epsilon = 1e-4 }.Assign(CreditBatch.Of(rewards, [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages);
        Near([.4998, -1.4994, .4998, .4998], new GrpoCredit { Epsilon = 1e-4 }.Assign(CreditBatch.Of([.5, 0, .5, .5], [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages, 1e-4);
        var planner = new GuidedRolloutPlanner(Warm with { Accuracy = "accuracy" }, 4);
        Assert.True(planner.IsDifficult([.. new double[] { 1, 0, 1, 1 }.Select(formed => Scored(0, formed))]));
        Assert.False(planner.IsDifficult([.. new double[] { 0, 0, 1, 0 }.Select(right => Scored(right, 0))]));
    }

    [Fact]
    public void Token_mean_and_sequence_mean_differ_on_responses_of_two_and_four_tokens()
    {
        var advantages = Table([1, 1], [-1, -1, -1, -1]);
        var mask = Mask([0, 0], [0, 0, 0, 0]);
        var scores = TorchSharp.torch.zeros_like(advantages);
        PolicyBatch batch = new() { LogProbabilities = scores, OldLogProbabilities = scores, Advantages = advantages, Mask = mask };
        Near(.333333, Value(((IPolicyObjective)new PpoObjective { Reduction = Reduction.TokenMean }).Loss(batch, new Recorded())));
        Near(0, Value(((IPolicyObjective)new PpoObjective { Reduction = Reduction.SequenceMeanTokenMean }).Loss(batch, new Recorded())));
    }

    [Fact]
    public void Stages_go_on_until_a_hint_suffices()
    {
        var script = new Script(("abcdef", 3));
        var seen = script.Train(Warm);
        // 2 characters fail, 3 suffice, 4 are never asked for.
        Assert.Equal([8, 10, 11], script.Contexts.Select(context => context.Length));
        Assert.Equal(3 * Script.Group, script.Drawn);
        Assert.All(seen, rollout => Assert.Equal(Prompt("abcdef", 3), rollout.Context));
        Near(1, script.Metrics.Last["ghpo/difficult_0"]);
        Near(1, script.Metrics.Last["ghpo/difficult_1"]);
        Near(0, script.Metrics.Last["ghpo/difficult_2"]);
        Near(3 * Script.Group, script.Metrics.Last["ghpo/rollouts"]);
    }

    /// <summary>The model scores what it is trained on: the very contexts, too, that the update sees.</summary>
    [Fact]
    public void Each_group_is_trained_under_the_prompt_it_was_sampled_from()
    {
        var script = new Script(("abcdef", 2), ("bcdefa", 3));
        var seen = script.Train(Warm);
        Assert.All(seen.Where(rollout => rollout.Prompt.Text == "abcdef"), rollout => Assert.Equal(Prompt("abcdef", 2), rollout.Context));
        Assert.All(seen.Where(rollout => rollout.Prompt.Text == "bcdefa"), rollout => Assert.Equal(Prompt("bcdefa", 3), rollout.Context));
        Assert.Equal(2 * Script.Group, seen.Count);
        // What the old log-probabilities and the update were asked for.
        Assert.NotEmpty(script.Model.Scored);
        Assert.All(script.Model.Scored, row => Assert.True(Starts(row, Prompt("abcdef", 2)) || Starts(row, Prompt("bcdefa", 3))));
    }

    [Fact]
    public void Released_binding_gives_a_group_that_was_solved_earlier_its_plain_prompt_back()
    {
        var script = new Script(("abcdef", 2), ("bcdefa", 3));
        var seen = script.Train(Warm with { PromptBinding = PromptBinding.ReleasedTrainer });
        Assert.All(seen.Where(rollout => rollout.Prompt.Text == "abcdef"), rollout => Assert.Equal(Prompt("abcdef", 0), rollout.Context));
        Assert.All(seen.Where(rollout => rollout.Prompt.Text == "bcdefa"), rollout => Assert.Equal(Prompt("bcdefa", 3), rollout.Context));
    }

    [Fact]
    public void Cold_start_and_missing_detection_change_what_is_asked()
    {
        var cold = new Script(("abcdef", 2));
        cold.Train(Warm with { ColdStartSteps = 1 });
        Assert.Equal(Script.Group, cold.Drawn);
        var all = new Script(("abcdef", 0), ("bcdefa", 6));
        all.Train(Warm with { Stages = [0.5], Detect = false });
        Assert.All(all.Contexts, context => Assert.Equal(11, context.Length));
        Assert.Equal(2 * Script.Group, all.Drawn);
    }

    [Fact]
    public void Item_without_solution_stays_plain_and_is_counted()
    {
        var script = new Script(("abcdef", 2), ("", 0));
        script.Train(Warm);
        Near(1, script.Metrics.Last["ghpo/without_solution"]);
        Assert.Contains("has a reference solution", Assert.Throws<UsageException>(() => new Script(("", 0)).Train(Warm)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Partial_credit_is_no_solution_and_an_alphabet_without_letters_gets_the_bare_hint()
    {
        var planner = new GuidedRolloutPlanner(Warm with { Accuracy = "accuracy", SolvedFrom = 0.9 }, 4);
        Assert.True(planner.IsDifficult([Scored(0.09, 0), Scored(0.5, 1)]));
        Assert.False(planner.IsDifficult([Scored(0.95, 0)]));
        var writer = HintWriter.ForItems(GuidedHybridPolicyOptimizationOptions.UsualTemplate, SmallBase.Tokenizer);
        Assert.Equal(SmallBase.Tokenizer.Encode("dg>ab="), writer.Write(new PromptItem("q", [1]) { Text = ">ab=" }, "dg"));
        var asked = HintWriter.ForItems("{question} Hint {hint}", SmallBase.Tokenizer);
        Assert.Throws<UsageException>(() => asked.Write(new PromptItem("q", [1]) { Text = ">ab=" }, "dg"));
        Assert.Contains("Give the trainer a tokenizer", Assert.Throws<UsageException>(() => HintWriter.ForItems("{question}{hint}", null).Write(new PromptItem("q", [1]), "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_hint_gives_way_to_the_question_and_answers_can_be_kept_out()
    {
        var script = new Script(("abcdef", 6));
        script.Train(Warm with { MaximumPromptTokens = 10 });
        Assert.All(script.Contexts, context => Assert.True(context.Length <= 10));
        Near(2, script.Metrics.Last["ghpo/hints_shortened"]);
        Near(1, script.Metrics.Last["ghpo/never_solved"]);
        var forbidden = new Script(("abcdef", 6)) { Answer = "c" };
        forbidden.Train(Warm with { ForbidAnswerInHint = true });
        Assert.All(forbidden.Contexts, context => Assert.True(context.Length <= 10));
        Assert.True(forbidden.Metrics.Last["ghpo/hints_with_answer"] > 0.5);
    }

    [Theory]
    [InlineData("larger than the one before", new[] { 0.5, 0.25 }, false)]
    [InlineData("larger than the one before", new[] { 0.5, 0.5 }, false)]
    [InlineData("whole solution", new[] { 0.5, 1.0 }, false)]
    [InlineData("above 0", new[] { 0.0, 0.5 }, false)]
    [InlineData("from", new[] { 0.5, 1.5 }, true)]
    [InlineData("stages is empty", new double[0], false)]
    public void Stages_that_make_no_sense_are_refused(string expected, double[] stages, bool whole)
    {
        var message = Assert.Throws<UsageException>(() => new GuidedRolloutPlanner(Warm with { Stages = stages, AllowWholeSolution = whole }, 4)).Message;
        Assert.True(message.Contains(expected, StringComparison.Ordinal) || (expected == "from" && message.Contains("to 1", StringComparison.Ordinal)), message);
    }

    [Fact]
    public void Groups_of_one_and_unknown_rewards_are_refused()
    {
        Assert.Contains("2 or more", Assert.Throws<UsageException>(() => new GuidedRolloutPlanner(Warm, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("ghpo.accuracy is one of right", Assert.Throws<UsageException>(() => new Script(("abcdef", 2)).Train(Warm with { Accuracy = "acuracy" })).Message, StringComparison.Ordinal);
        Assert.Contains("hintTemplate needs", Assert.Throws<UsageException>(() => new GuidedRolloutPlanner(Warm with { HintTemplate = "{question}" }, 4)).Message, StringComparison.Ordinal);
        Assert.Equal(4, new GuidedRolloutPlanner(Warm with { Stages = [0.5, 1], AllowWholeSolution = true }, 4).GroupSize);
    }

    [Theory]
    [InlineData(ReproductionSize.Smoke)]
    [InlineData(ReproductionSize.Default)]
    public void Arms_and_claims_fit_together(ReproductionSize size) => Assert.NotEmpty(new ReproductionPlan(new GuidedHybridPolicyOptimizationReproduction(), size).Cells);

    [Fact]
    public void Full_size_starts_on_a_folder_and_real_data_and_says_what_is_missing_otherwise() => FullScale.RunsOn("ghpo", "ghpo.coldStartSteps=0");

    private static int[] Prompt(string question, int hint) => SmallBase.Tokenizer.Encode($">{question}=" + question[..hint]);

    private static bool Starts(int[] row, int[] prompt) => row.AsSpan().StartsWith(prompt) && !SmallBase.Tokenizer.Encode("abcdef").AsSpan().Contains(row[prompt.Length]);

    private static Rollout Scored(double accuracy, double format)
    {
        var rollout = new Rollout { Prompt = new PromptItem("a", [1]), Context = [1], Tokens = [2], Mask = [true], LogProbabilities = [0] };
        (rollout.Components["accuracy"], rollout.Components["format"]) = (accuracy, format);
        return rollout;
    }

    /// <summary>Prompts whose responses are right exactly when the hint has so many characters; the solution is the question itself.</summary>
    private sealed class Script(params (string Question, int Needed)[] prompts) : ISampler, IRolloutObserver
    {
        public const int Group = 4;

        private IReadOnlyList<Rollout> seen = [];

        public string? Answer { get; init; }

        public Recorded Metrics { get; } = new();

        public List<int[]> Contexts { get; } = [];

        public int Drawn { get; private set; }

        public Spy Model { get; } = new();

        public IReadOnlyList<Rollout> Train(GuidedHybridPolicyOptimizationOptions options)
        {
            var items = prompts.Select(prompt => new PromptItem(prompt.Question, SmallBase.Tokenizer.Encode($">{prompt.Question}=")) { Text = prompt.Question, Target = prompt.Question }).ToList();
            var writer = new HintWriter(prompt => prompt.Target as string, _ => Answer, (prompt, hint) => SmallBase.Tokenizer.Encode($">{prompt.Text}={hint}"));
            using var trainer = new PostTraining(Model)
                .Prompts(new ListPromptSource(items, RandomStream.Create(1), shuffle: false))
                .Tokenizer(SmallBase.Tokenizer)
                .Sampler(this)
                // Half of a solved group is right, so that it teaches something.
                .Reward(new FunctionReward("right", rollout => rollout.Context.Length - 2 - rollout.Prompt.Text.Length >= prompts.Single(prompt => prompt.Question == rollout.Prompt.Text).Needed && rollout.Sample % 2 == 0 ? 1 : 0))
                .Grpo(Group)
                .Options(value => value with { PromptsPerStep = items.Count, MaximumNewTokens = 4, Rescore = true })
                .Observe(this)
                .UseGuidance(options, writer)
                .Build();
            Model.Scored.Clear();
            trainer.Advance(Metrics);
            return seen;
        }

        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> asked, SamplingOptions options, CancellationToken cancellation = default) =>
        [
            .. asked.Select(prompt =>
            {
                Contexts.Add(prompt.Tokens);
                Drawn += prompt.Samples;
                return Enumerable.Range(0, prompt.Samples).Select(i => new Completion([SmallBase.Tokenizer.Encode("p")[0] + i % 2, SmallBase.Tokenizer.EndTokens[0]], [-1, -1], [0, 0], FinishReason.EndToken)).ToList();
            }),
        ];

        public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics) => seen = rollouts;
    }

    /// <summary>Remembers what it was asked to score.</summary>
    private sealed class Spy : ILanguageModel
    {
        private readonly Transformer inner = SmallBase.Create(RandomStream.Create(1));

        public List<int[]> Scored { get; } = [];

        public int VocabularySize => inner.VocabularySize;

        public int ContextLength => inner.ContextLength;

        public int HiddenSize => inner.HiddenSize;

        public IReadOnlyList<NamedTensor> Trainable => inner.Trainable;

        public TokenScores Score(TokenBatch batch, double temperature = 1, ScoreOutputs outputs = ScoreOutputs.None)
        {
            for (var row = 0; row < batch.Rows; row++) { Scored.Add(batch.Tokens.AsSpan(row * batch.Length, batch.Lengths[row]).ToArray()); }
            return inner.Score(batch, temperature, outputs);
        }

        public ILanguageModel Copy() => inner.Copy();

        public void Exchange(StateExchange state) => inner.Exchange(state);

        public void Dispose() => inner.Dispose();
    }
}
