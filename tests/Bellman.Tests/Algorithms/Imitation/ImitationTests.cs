using Bellman.Algorithms;
using Bellman.Algorithms.Imitation;
using Bellman.Environments;
using Bellman.Papers.InterventionRl;
using Bellman.Runs;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms.Imitation;

/// <summary>Experts that can be asked: who acts when, what is cloned, what comes of it.</summary>
public sealed class ImitationTests
{
    private static readonly PushPointReference Reference = new();

    [Fact]
    public void Mixture_falls_by_powers_and_the_first_round_is_the_experts()
    {
        Assert.Equal(0.125, DAggerRule.Share(0.5, 3));
        Assert.Equal(1, DAggerRule.Share(0, 0));
        Assert.Equal(0, DAggerRule.Share(0, 1));
    }

    [Fact]
    public void An_expert_who_always_wants_to_keeps_control_for_four_steps_and_then_lets_go_for_one()
    {
        var takeOver = new TakeOver(4);
        var turns = Enumerable.Range(0, 11).Select(_ => takeOver.Next(intervene: true)).ToList();
        Assert.Equal("EEEEpEEEEpE", string.Concat(turns.Select(turn => turn.Expert ? 'E' : 'p')));
        Assert.Equal([0, 5, 10], Enumerable.Range(0, 11).Where(t => turns[t].Begins));
        takeOver.Reset();
        Assert.True(takeOver.Asks);
        Assert.Equal(new Turn(false, false), takeOver.Next(false));
        Assert.Equal(new Turn(true, true), takeOver.Next(true));
        Assert.False(takeOver.Asks);
    }

    [Fact]
    public void Relative_rule_compares_shares_of_positive_values_and_refuses_negative_ones()
    {
        var relative = new ValueInterventions(Reference, Reference, Reference, new ValueInterventionOptions { Rule = ValueRule.Relative, Confidence = 0.97 });
        Play.Near(0.95, relative.Probability(1.90, 2.0));
        Play.Near(0.05, relative.Probability(1.95, 2.0));
        Assert.Contains("absolute rule", Assert.Throws<UsageException>(() => relative.Probability(-2.0, -2.0)).Message);
        var absolute = new ValueInterventions(Reference, Reference, Reference, new ValueInterventionOptions { Confidence = 0.03 });
        Play.Near(0.05, absolute.Probability(-2.0, -2.0));
        Play.Near(0.95, absolute.Probability(-2.04, -2.0));
        // PushPoint's values are costs, so that the relative rule is refused in the first step.
        Assert.Throws<UsageException>(() => relative.Decide([1, 0, 0, 0], [0, 0], RandomStream.Create(1)));
    }

    [Fact]
    public void Sources_intervene_as_often_as_they_say()
    {
        double Share(IInterventionSource source, float[] proposed)
        {
            var random = RandomStream.Create(4);
            return Enumerable.Range(0, 20_000).Count(_ => source.Decide([1, -1, 0, 0], proposed, random)) / 20_000.0;
        }
        Assert.InRange(Share(new RandomInterventions(Reference, 0.3), [0, 0]), 0.29, 0.31);
        var judged = new ValueInterventions(Reference, Reference, Reference, new ValueInterventionOptions());
        Assert.InRange(Share(judged, [1, -1]), 0.94, 0.96);
        // The reference pushes back towards the origin.
        Assert.InRange(Share(judged, [-1, 1]), 0.04, 0.06);
        var far = new DistanceInterventions(Reference, new Box(-1, 1, 2), 4) { Missed = 0.2 };
        Assert.InRange(Share(far, [1, -1]), 0.79, 0.81);
        Assert.Equal(0, Share(far, [0.9f, -1]));
        Assert.Equal(3.5, DistanceInterventions.Distance([1, -1], [-1, 0.5f], discrete: false));
        Assert.Equal(1, DistanceInterventions.Distance([4], [2], discrete: true));
    }

    [Fact]
    public void A_person_can_watch_and_act()
    {
        var asked = 0;
        var person = new DelegateInterventions(
            (_, proposed) => proposed[0] > 0,
            (_, action) =>
            {
                asked++;
                action.Clear();
            });
        Assert.True(person.Decide([0], [1], RandomStream.Create(1)));
        Assert.False(person.Decide([0], [-1], RandomStream.Create(1)));
        float[] action = [7];
        person.Act([0], action, RandomStream.Create(1));
        Assert.Equal((0f, 1), (action[0], asked));
    }

    [Fact]
    public void DAgger_labels_every_state_and_learns_to_balance_from_an_expert_who_can()
    {
        // Cloning its own actions instead, it keeps the pole up for 9 steps.
        using var agent = InteractiveImitation.DAgger(Make("CartPole-v1"), new Balancing(), new DAggerOptions { EpisodesPerRound = 2, UpdatesPerRound = 200, Hidden = [32], LearningRate = 3e-3, BatchSize = 64 }, 1);
        Train(agent, 4);
        Assert.Equal(agent.Steps, agent.Labelled);
        Assert.InRange(Return(agent, "CartPole-v1"), 450, 500);
    }

    [Fact]
    public void A_share_of_the_states_is_labelled_when_that_is_asked_for()
    {
        using var agent = InteractiveImitation.DAgger(Make("PushPoint-v0"), Reference, new DAggerOptions { Labelled = 0.3, UpdatesPerRound = 1, EpisodesPerRound = 20, Hidden = [8] }, 1);
        Train(agent, 1);
        Assert.Equal(800, agent.Steps);
        Assert.InRange(agent.Labelled, 200, 280);
    }

    [Fact]
    public void HG_DAgger_clones_the_experts_steps_alone_and_learns_to_push()
    {
        using var log = new MetricLog();
        using var agent = InteractiveImitation.HgDAgger(Make("PushPoint-v0"), Reference, new HgDAggerOptions { UpdatesPerRound = 300, Hidden = [32], LearningRate = 3e-3, BatchSize = 64, Threshold = 0.3 }, 1);
        Train(agent, 1);
        Assert.InRange(agent.Labelled, 40, 160);
        Train(agent, 7);
        Assert.InRange(agent.Labelled, 40, 1000);
        Assert.InRange(Return(agent, "PushPoint-v0"), -9, -5.5);
        using var all = InteractiveImitation.HgDAgger(Make("PushPoint-v0"), Reference, new HgDAggerOptions { UpdatesPerRound = 1, Hidden = [8], CloneAll = true }, 1);
        Train(all, 1);
        Assert.Equal(200, all.Labelled);
    }

    [Fact]
    public void Initial_data_is_cloned_before_anything_is_played()
    {
        var data = DatasetRecorder.Record(() => Make("PushPoint-v0"), Reference, 400, RandomStream.Create(3), "reference", TestContext.Current.CancellationToken);
        using var agent = InteractiveImitation.DAgger(Make("PushPoint-v0"), Reference, new DAggerOptions { Hidden = [32], LearningRate = 3e-3, BatchSize = 64 }, 1, data);
        Assert.Equal(400, agent.Labelled);
        using var log = new MetricLog();
        agent.Fit(1000, log);
        Assert.Equal(0, agent.Steps);
        Assert.InRange(Return(agent, "PushPoint-v0"), -9, -5.5);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_restored_imitator_goes_on_to_the_same_bytes(bool gated)
    {
        InteractiveImitation Create(ulong seed) => gated
            ? InteractiveImitation.HgDAgger(Make("PushPoint-v0"), new PushPointExpert(0.8), new HgDAggerOptions { UpdatesPerRound = 20, Hidden = [8], BatchSize = 16, SampleExpert = true, NormalizeObservations = true }, seed)
            : InteractiveImitation.DAgger(Make("PushPoint-v0"), new PushPointExpert(0.8), new DAggerOptions { UpdatesPerRound = 20, Hidden = [8], BatchSize = 16, Mixture = 0.5, SampleExpert = true, Loss = CloningLoss.Likelihood }, seed);
        using InteractiveImitation original = Create(1), restored = Create(2);
        Train(original, 2);
        Train(restored, 1);
        JsonState.Load(restored, JsonState.Save(original));
        Train(original, 2);
        Train(restored, 2);
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());
    }

    [Fact]
    public void What_makes_no_sense_is_refused_in_words()
    {
        static string Refusal(Action action) => Assert.Throws<UsageException>(action).Message;
        Assert.Contains("mixture", Refusal(() => _ = new DAggerRule(Reference, 2)));
        Assert.Contains("labelled", Refusal(() => _ = new DAggerRule(Reference, 0, 0)));
        Assert.Contains("at least 1", Refusal(() => _ = new TakeOver(0)));
        Assert.Contains("from 0 to 1", Refusal(() => _ = new RandomInterventions(Reference, 1.5)));
        Assert.Contains("above 0", Refusal(() => _ = new DistanceInterventions(Reference, new Box(-1, 1, 2), 0)));
        Assert.Contains("Q_ref", Refusal(() => _ = new ValueInterventions(Reference, Reference, null, new ValueInterventionOptions())));
        Assert.Contains("0.5 to 1", Refusal(() => _ = new ValueInterventions(Reference, Reference, Reference, new ValueInterventionOptions { Reliability = 0.4 })));
        Assert.Contains("confidence", Refusal(() => _ = new ValueInterventions(Reference, Reference, Reference, new ValueInterventionOptions { Confidence = -1 })));
        Assert.Contains("confidence", Refusal(() => _ = new ValueInterventions(Reference, Reference, Reference, new ValueInterventionOptions { Rule = ValueRule.Relative, Confidence = 1.1 })));
        Assert.Contains("episodesPerRound", Refusal(() => InteractiveImitation.DAgger(Make("PushPoint-v0"), Reference, new DAggerOptions { EpisodesPerRound = 0 }, 1)));
        var wrong = DatasetRecorder.Record(() => Make("CartPole-v1"), new Balancing(), 50, RandomStream.Create(1), "cart", TestContext.Current.CancellationToken);
        Assert.Throws<UsageException>(() => InteractiveImitation.DAgger(Make("PushPoint-v0"), Reference, new DAggerOptions(), 1, wrong));
    }

    private static IEnvironment Make(string id) => StandardEnvironments.Registry().Make(id);

    private static void Train(InteractiveImitation agent, int rounds)
    {
        using var log = new MetricLog();
        for (var round = 0; round < rounds; round++) { agent.Advance(log); }
    }

    private static double Return(InteractiveImitation agent, string id) => Evaluation.Run(agent.Policy, () => Make(id), 20, 9, cancellation: TestContext.Current.CancellationToken).MeanReturn;

    /// <summary>Keeps the pole up and the cart near the middle.</summary>
    private sealed class Balancing : IPolicy
    {
        public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
        {
            for (var row = 0; row < count; row++)
            {
                var state = observations.Slice(4 * row, 4);
                actions[row] = 0.1f * state[0] + 0.2f * state[1] + state[2] + 0.5f * state[3] > 0 ? 1 : 0;
            }
        }
    }
}
