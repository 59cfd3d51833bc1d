using Bellman.Language;
using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Bellman.Papers.KnowledgeableRl;
using Bellman.Tests.Experiments;
using Bellman.Tests.Language;
using Bellman.Tests.Language.Data;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Bellman.Tests.Papers.KnowledgeableRl;

/// <summary>The numbers of the specification's section 7.3, and what is refused.</summary>
public sealed class KnowledgeableRewardTests
{
    private static readonly Assessment[] Four =
    [
        new(true, Verdict.Correct, 4, 3),
        new(true, Verdict.NotAttempted, 0, 0),
        new(true, Verdict.Incorrect, 2, 1),
        new(false, Verdict.Incorrect, 0, 0),
    ];

    [Theory]
    [InlineData(RewardCombination.Additive, new[] { 3.75, 2, 0.5, -2 }, new[] { 1.103365, 0.384895, -0.230937, -1.257323 })]
    [InlineData(RewardCombination.OnlyWhenWrong, new[] { 3, 2, 0.5, -2 }, new[] { 0.977117, 0.517297, -0.172432, -1.321982 })]
    public void Totals_and_advantages_of_the_two_combinations(RewardCombination combination, double[] totals, double[] advantages)
    {
        using var reward = Reward(new() { Combination = combination });
        var measured = Four.Select(reward.Total).ToArray();
        Assert.Equal(totals, measured);
        var credit = new GrpoCredit { Epsilon = 1e-4 }.Assign(CreditBatch.Of(measured, [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages;
        for (var i = 0; i < 4; i++) { Assert.Equal(advantages[i], credit[i], 6); }
    }

    [Theory]
    [InlineData(FactScore.RatioWithLengthPenalty, 3, 4, 0.167348)]
    [InlineData(FactScore.RatioWithLengthPenalty, 8, 10, 0.8)]
    [InlineData(FactScore.RatioWithLengthPenalty, 9, 12, 0.75)]
    [InlineData(FactScore.RatioWithLengthPenalty, 1, 1, 0.000123)]
    [InlineData(FactScore.Ratio, 3, 4, 0.75)]
    [InlineData(FactScore.Ratio, 8, 10, 0.8)]
    [InlineData(FactScore.Ratio, 9, 12, 0.75)]
    [InlineData(FactScore.Ratio, 1, 1, 1)]
    [InlineData(FactScore.CappedCount, 6, 9, 0.4)]
    [InlineData(FactScore.CappedCount, 30, 30, 1)]
    [InlineData(FactScore.Ratio, 0, 0, 0)]
    public void Scores_of_facts(FactScore score, int supported, int facts, double expected)
    {
        using var reward = Reward(new() { FactScore = score });
        Assert.Equal(expected, reward.Fact(new Assessment(true, Verdict.Correct, facts, supported)), 6);
    }

    [Theory]
    [InlineData("<think>a</think><answer>b</answer>", true, "a", "b")]
    [InlineData("<think>a</think>\n <answer>b\nc</answer>", true, "a", "b\nc")]
    [InlineData("<think>a</think><answer>b</answer> more", false, "a", "b")]
    [InlineData("<think></think><answer>b</answer>", false, "", "b")]
    [InlineData("<think> </think><answer>b</answer>", false, " ", "b")]
    [InlineData("a</think><answer>b</answer>", true, "a", "b")]
    [InlineData("<think>a</think><answer>b</answer><answer>c</answer>", false, "a", "b")]
    [InlineData("<think>a<answer>x</answer></think><answer>b</answer>", false, "a<answer>x</answer>", "x")]
    [InlineData("<think>a</think>b", false, "a", null)]
    [InlineData("<think>a</think><answer> </answer>", false, "a", null)]
    [InlineData("nothing", false, "nothing", null)]
    public void Tagged_form(string response, bool formed, string thinking, string? answer) =>
        Assert.Equal(new ParsedResponse(formed, thinking, answer), TaggedForm.Parse(response));

    [Theory]
    [InlineData("B", Verdict.Incorrect)]
    [InlineData("INCORRECT", Verdict.Incorrect)]
    [InlineData("<answer>incorrect</answer>", Verdict.Incorrect)]
    [InlineData("It is not CORRECT in every way: <answer>INCORRECT</answer>", Verdict.Incorrect)]
    [InlineData("A", Verdict.Correct)]
    [InlineData("NOT_ATTEMPTED", Verdict.NotAttempted)]
    [InlineData("not attempted", Verdict.NotAttempted)]
    [InlineData("C", Verdict.NotAttempted)]
    [InlineData("maybe", Verdict.Failed)]
    [InlineData("CORRECT or INCORRECT", Verdict.Failed)]
    [InlineData("", Verdict.Failed)]
    public void Verdicts_are_read_as_whole_words(string reply, Verdict verdict) => Assert.Equal(verdict, ChatAnswerJudge.Parse(reply));

    [Theory]
    [InlineData("Paris", "paris", Verdict.Correct)]
    [InlineData("Paris", "It is the city of Paris.", Verdict.Correct)]
    [InlineData("Paris", "Parish", Verdict.Incorrect)]
    [InlineData("The Beatles", "Beatles", Verdict.Correct)]
    [InlineData("1,000", "1000", Verdict.Correct)]
    [InlineData("Paris", "I don't know", Verdict.NotAttempted)]
    [InlineData("Paris", "I do not know that one.", Verdict.NotAttempted)]
    [InlineData("Paris", "London, but I am not sure", Verdict.Incorrect)]
    [InlineData("Paris", "", Verdict.Incorrect)]
    public void Rules_judge_short_answers(string gold, string answer, Verdict verdict) => Assert.Equal(verdict, new RuleJudge().Grade("?", gold, answer, Stop));

    [Fact]
    public void Entailment_stops_at_the_first_passage_that_supports()
    {
        var asked = new List<string>();
        double Probability(string passage, string fact)
        {
            asked.Add(passage);
            return double.Parse(passage, System.Globalization.CultureInfo.InvariantCulture);
        }
        var verifier = new EntailmentVerifier("test", Probability, 0.3);
        Assert.Equal(new FactSupport(true, 0.3, 1), verifier.Verify("f", ["0.1", "0.3", "0.9"], Stop));
        Assert.Equal(["0.1", "0.3"], asked);
        Assert.Equal(new FactSupport(false, 0.29, 0), verifier.Verify("f", ["0.29"], Stop));
        Assert.Equal(new FactSupport(false, 0, -1), verifier.Verify("f", [], Stop));
    }

    [Fact]
    public void Sentences_that_state_something_are_facts()
    {
        Assert.Equal(["Paris is in France.", "It has 2 million people."], new SentenceFacts().Extract("Let me think. Paris is in France. It has 2 million people. Is it large?\nSo: ", Stop));
        Assert.Empty(ChatFacts.Parse("NON_FACTUAL"));
        Assert.Equal(["One.", "Two."], ChatFacts.Parse("1. One.\n- Two.\n"));
    }

    [Fact]
    public void Passages_are_found_within_the_article_and_unknown_titles_are_said()
    {
        using var knowledge = new KnowledgeBase([KeyValuePair.Create<string, IReadOnlyList<string>>("France", ["Bread is baked daily.", "Paris is the capital of France.", "Rivers flow west."])]);
        var retriever = new Bm25Retriever(knowledge);
        Assert.Equal("Paris is the capital of France.", Assert.Single(retriever.Top("France", "The capital is Paris", 1)!));
        Assert.Null(retriever.Top("Spain", "x", 1));
        var embedding = new EmbeddingRetriever(knowledge, "letters", text => [text.Contains("River", StringComparison.Ordinal) ? 1 : 0, 1]);
        Assert.Equal("Rivers flow west.", embedding.Top("France", "A River is there", 2)![0]);
    }

    [Fact]
    public void Knowledge_is_read_from_sqlite()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "knowledge.sqlite");
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"CREATE TABLE documents(title PRIMARY KEY, text); INSERT INTO documents VALUES ('A;B', 'one{KnowledgeBase.Separator}two');";
            command.ExecuteNonQuery();
        }
        using var knowledge = KnowledgeBase.Open(path);
        Assert.Equal(["one", "two"], knowledge.Passages("A;B"));
        Assert.Null(knowledge.Passages("A"));
        Assert.Contains("does not exist", Assert.Throws<UsageException>(() => KnowledgeBase.Open(path + "x")).Message, StringComparison.Ordinal);
        var text = Path.Combine(folder.Path, "text.sqlite");
        File.WriteAllText(text, "no database, but long enough to be taken for one by whoever does not look closely");
        Assert.Contains("is no knowledge base", Assert.Throws<UsageException>(() => KnowledgeBase.Open(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_questions_have_answers_and_titles()
    {
        var items = QuestionFile.Read(SharedData.Require("knowrl/knowrl_RLdata.json"));
        Assert.Equal(3177, items.Count);
        Assert.Equal(("How many seasons of Hinterland are on Netflix?", "three seasons"), (items[0].Question, items[0].Answer));
        Assert.StartsWith("Three Seasons;Hinterland;", items[0].Topic, StringComparison.Ordinal);
        Assert.All(items, item => Assert.NotEqual("", item.Topic));
        var some = items.Take(100).ToList();
        IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> Articles(int count) => some.Take(count).Select(item => KeyValuePair.Create<string, IReadOnlyList<string>>(item.Topic, [item.Answer]));
        using var whole = new KnowledgeBase(Articles(96));
        whole.Require(some);
        using var holed = new KnowledgeBase(Articles(90));
        Assert.Contains("lacks the articles of", Assert.Throws<UsageException>(() => holed.Require(some)).Message, StringComparison.Ordinal);
        using var reward = Reward(new(), new() { Retriever = new Bm25Retriever(whole) }, new TaggedForm());
        Assert.Equal(new Assessment(true, Verdict.Correct, 2, 1), reward.Assess(items[0], "<think>Hinterland is long. It has three seasons.</think><answer>Three seasons</answer>", Stop));
    }

    [Fact]
    public void Failures_leave_the_group_out_instead_of_scoring_0()
    {
        var item = Item("q", "4");
        var rollouts = new[] { Of(item, "<think>2 and 2 is 4.</think><answer>4</answer>", 0), Of(item, "<think>x</think><answer>fails</answer>", 0), Of(item, "<think>2 and 2 is 4.</think><answer>5</answer>", 1) };
        using var reward = Reward(new(), new() { Judge = new FailingJudge() }, new TaggedForm());
        using var model = new RunSum(3).Reference();
        var recorded = new Recorded();
        var scores = reward.Score(rollouts, new RewardContext { Policy = model, Sampler = new TabularSampler(model), Random = RandomStream.Create(1), Metrics = recorded }).Responses;
        Assert.Equal([null, null, 1 - 1 + 1], scores);
        Assert.Equal((1, 1), (recorded.Last["knowrl/groups_dropped"], recorded.Last["knowrl/failures"]));
        Assert.Equal(2, ((FailingJudge)reward.Parts.Judge).Graded);
        // What was judged once is not judged again.
        reward.Score(rollouts, new RewardContext { Policy = model, Sampler = new TabularSampler(model), Random = RandomStream.Create(1), Metrics = recorded });
        Assert.Equal(2, ((FailingJudge)reward.Parts.Judge).Graded);
    }

    [Fact]
    public void Facts_beside_the_topic_can_be_left_out()
    {
        var item = Item("Where is Paris?", "France") with { Solution = "Paris is in France.\nWater is wet." };
        const string Response = "<think>Paris is in France. Water is wet.</think><answer>France</answer>";
        using var all = Reward(new(), null, new TaggedForm());
        Assert.Equal(2, all.Assess(item, Response, Stop)?.Supported);
        using var matched = Reward(new() { RequireTopicMatch = true }, null, new TaggedForm());
        Assert.Equal(new Assessment(true, Verdict.Correct, 1, 1), matched.Assess(item, Response, Stop));
    }

    [Fact]
    public void What_cannot_work_is_refused()
    {
        string Message(KnowledgeableRlOptions options) => Assert.Throws<UsageException>(() => Reward(options)).Message;
        Assert.Contains("refusing everything is best", Message(new() { RewardRefusal = 2 }), StringComparison.Ordinal);
        Assert.Contains("nothing is ever refused", Message(new() { RewardRefusal = -1 }), StringComparison.Ordinal);
        Reward(new() { RewardRefusal = -1, Force = true }).Dispose();
        Assert.Contains("entailThreshold", Message(new() { EntailThreshold = 1 }), StringComparison.Ordinal);
        Assert.Contains("does not exist", Message(new() { Knowledge = "/nowhere.sqlite" }), StringComparison.Ordinal);
        using var reward = Reward(new());
        Assert.Contains("no gold answer", Assert.Throws<UsageException>(() => reward.Assess(Item("q", ""), "x", Stop)).Message, StringComparison.Ordinal);
        Assert.Contains("between 0 and 1", Assert.Throws<UsageException>(() => new EntailmentVerifier("x", (_, _) => 0, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_letter_facts_are_taken_apart()
    {
        var world = new TwoLetterFacts(0);
        Assert.Equal((30, 20, 10), (world.KnownItems.Count, world.UnknownItems.Count, world.HeldOutItems.Count));
        var item = world.KnownItems[0];
        var other = world.KnownItems[1];
        var wrong = item.Answer == "0" ? "1" : "0";
        using var reward = new KnowledgeableReward(new(), new LetterForm(), world.Parts);
        Assert.Equal(new Assessment(true, Verdict.Correct, 1, 1), reward.Assess(item, TwoLetterFacts.Gold(item), Stop));
        Assert.Equal(new Assessment(true, Verdict.NotAttempted, 0, 0), reward.Assess(item, "T?tANa", Stop));
        Assert.Equal(new Assessment(true, Verdict.Incorrect, 2, 1), reward.Assess(item, $"T{item.Id}{wrong}.{other.Id}{other.Answer}.tA{wrong}a", Stop));
        Assert.Equal(new Assessment(false, Verdict.Incorrect, 1, 1), reward.Assess(item, TwoLetterFacts.Gold(item)[..^1], Stop));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static KnowledgeableReward Reward(KnowledgeableRlOptions options, KnowledgeableParts? parts = null, IResponseForm? form = null) => new(options, form ?? new TaskForm(), parts);

    private static TextItem Item(string question, string answer) => new() { Id = question, Level = 1, Prompt = question, Answer = answer, Solution = "2 and 2 is 4.", Checker = new NoChecker() };

    private static Rollout Of(TextItem item, string text, int group) => new() { Prompt = new PromptItem(item.Id, [1]) { Target = item }, Context = [1], Tokens = [1], Mask = [true], LogProbabilities = [0], Text = text, Group = group };

    private sealed class NoChecker : IAnswerChecker
    {
        public TaskScore Check(string response) => new(0, 0, null, "");
    }

    private sealed class FailingJudge : IAnswerJudge
    {
        public int Graded { get; private set; }

        public string Name => "failing";

        public Verdict Grade(string question, string gold, string answer, CancellationToken cancellation = default)
        {
            if (answer == "fails") { return Verdict.Failed; }
            Graded++;
            return answer == gold ? Verdict.Correct : Verdict.Incorrect;
        }
    }
}
