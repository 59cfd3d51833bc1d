using Bellman.Algorithms;
using Bellman.Algorithms.Imitation;
using Bellman.Algorithms.Linear;
using Bellman.Environments;
using Bellman.Papers.InterventionRl;
using Bellman.Runs;
using Bellman.Tests.Algorithms;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Papers.InterventionRl;

/// <summary>Labels, the learner's parts, the point and its reference, the agent.</summary>
public sealed class RlifTests
{
    private static readonly RlifOptions Small = new() { Critics = 3, Subset = 2, Hidden = [16, 16], BatchSize = 16, BufferSize = 2_000, LearningRate = 3e-3, LearningStarts = 0, Gamma = 0.9, Temperature = 0.1 };

    [Theory]
    [InlineData(InterventionStore.Code, false, "0:0 1:-1 5:0 6:0")]
    [InlineData(InterventionStore.All, false, "0:0 1:-1 2:0 3:0 4:0 5:0 6:0 7:0")]
    // The proposal at t = 2, which never happened, comes after the transition that it belongs to.
    [InlineData(InterventionStore.All, true, "0:0 1:-1 2:-1! 2:0 3:0 4:0 5:0 6:0 7:0")]
    public void The_transition_before_an_intervention_is_worth_minus_1(InterventionStore store, bool labelCurrent, string expected) =>
        Assert.Equal(expected, Labels(store, InterventionLabel.Before, labelCurrent, "pp" + "EEEE" + "pp"));

    [Fact]
    public void An_expert_who_always_intervenes_costs_only_the_steps_between()
    {
        // An intervention at t = 0 has no predecessor.
        Assert.Equal("0:0 1:0 2:0 3:0 4:-1 5:0 6:0 7:0 8:0 9:-1 10:0", Labels(InterventionStore.All, InterventionLabel.Before, false, "EEEEpEEEEpE"));
        Assert.Equal("3:0 4:-1 8:0 9:-1", Labels(InterventionStore.Code, InterventionLabel.Before, false, "EEEEpEEEEpE"));
    }

    [Fact]
    public void The_wrong_label_falls_on_all_of_the_experts_actions() =>
        Assert.Equal("0:0 1:0 2:-1 3:-1 4:-1 5:-1 6:0 7:0", Labels(InterventionStore.All, InterventionLabel.ExpertSteps, false, "ppEEEEpp"));

    [Theory, InlineData(true, "T"), InlineData(false, "")]
    public void Only_a_true_end_is_masked(bool terminated, string mark)
    {
        var seen = "";
        var writer = new InterventionWriter(InterventionStore.All, InterventionLabel.Before, false, 1, 1, (_, _, _, _, ended) => seen += ended ? "T" : ".");
        writer.Step([0], [0], [0], [1], new StepResult(5), new Turn(false, false));
        writer.Step([1], [0], [0], [2], new StepResult(5, terminated, !terminated), new Turn(false, false));
        Assert.Equal("." + (mark == "" ? "." : mark), seen);
    }

    [Fact]
    public void The_point_moves_as_written()
    {
        var point = new PushPoint();
        point.Reset();
        point.In(("positionX", 1.0), ("positionY", 0.0), ("velocityX", 0.5), ("velocityY", 0.0));
        var (observation, result) = point.Take(-1, 2);
        Play.Near([1.05, 0, 0.275, 0.2], observation);
        Play.Near(-1.05, result.Reward);
        Assert.False(result.Done);
    }

    [Fact]
    public void The_regulator_solves_its_equation_and_values_its_own_actions_by_its_cost()
    {
        // One state, one action: P = 1 + 0.9 P - 0.81 P² / (0.5 + 0.9 P), K = 0.9 P / (0.5 + 0.9 P).
        var one = new LinearQuadraticRegulator(new double[,] { { 1 } }, new double[,] { { 1 } }, new double[,] { { 1 } }, new double[,] { { 0.5 } }, 0.9);
        var p = one.Cost[0, 0];
        Play.Near(p, 1 + 0.9 * p - 0.81 * p * p / (0.5 + 0.9 * p), 1e-9);
        var k = 0.9 * p / (0.5 + 0.9 * p);
        Play.Near(k, one.Gain[0, 0], 1e-9);
        Play.Near(-4 * p, one.Value([2], [(float)(-2 * k)]), 1e-5);
        Assert.True(one.Value([2], [(float)(-2 * k)]) > one.Value([2], [(float)(-2 * k) + 0.1f]));
        Assert.Contains("settle", Assert.Throws<UsageException>(() => new LinearQuadraticRegulator(new double[,] { { 2 } }, new double[,] { { 0 } }, new double[,] { { 1 } }, new double[,] { { 1 } }, 1)).Message);
        Assert.Contains("needs A", Assert.Throws<UsageException>(() => new LinearQuadraticRegulator(new double[,] { { 2 } }, new double[2, 1], new double[,] { { 1 } }, new double[,] { { 1 } }, 1)).Message);
    }

    [Theory]
    [InlineData(1.0, -7.0, 0.4)]
    [InlineData(0.9, -8.0, 0.4)]
    [InlineData(0.5, -17.7, 1.5)]
    [InlineData(0.25, -65.6, 5)]
    public void Experts_earn_what_their_quality_says(double quality, double expected, double tolerance)
    {
        var result = Evaluation.Run(new PushPointExpert(quality), Make, 200, 3, deterministic: false, TestContext.Current.CancellationToken);
        Assert.InRange(result.MeanReturn, expected - tolerance, expected + tolerance);
    }

    [Fact]
    public void Targets_are_the_minimum_of_the_subset_and_nothing_after_an_end()
    {
        Play.Near(-1.198, ActorCriticLoss.Target(-1, 0.99, Math.Min(0.3, -0.2)));
        Play.Near(-1, ActorCriticLoss.Target(-1, 0, Math.Min(0.3, -0.2)));
        var (critics, observations, actions) = Critics();
        using (critics)
        {
            float[][] each = [.. Enumerable.Range(0, 3).Select(c => critics.TargetMinimumOf([c], observations, actions).ToArray())];
            Assert.Equal(each[0].Zip(each[2], MathF.Min), critics.TargetMinimumOf([2, 0], observations, actions).ToArray());
            Assert.Equal(critics.TargetMinimum(observations, actions).ToArray(), critics.TargetMinimumOf([0, 1, 2], observations, actions).ToArray());
        }
    }

    [Fact]
    public void The_actor_climbs_the_mean_of_all_critics()
    {
        var (critics, observations, actions) = Critics();
        using (critics)
        {
            // The targets begin as the critics.
            double Mean(float[] at) => Enumerable.Range(0, 3).Average(c => critics.TargetMinimumOf([c], observations, at).ToArray().Average(value => (double)value));
            var gradient = new float[actions.Length];
            Play.Near(-Mean(actions), critics.DescentInActionsOfMean(observations, actions, gradient), 1e-6);
            for (var i = 0; i < actions.Length; i++)
            {
                float Moved(float by)
                {
                    var at = (float[])actions.Clone();
                    at[i] += by;
                    return (float)Mean(at);
                }
                Play.Near(-(Moved(0.01f) - Moved(-0.01f)) / 0.02, gradient[i], 2e-3);
            }
        }
    }

    [Fact]
    public void A_round_cuts_its_rows_into_slices_and_the_actor_sees_the_last()
    {
        using var log = new MetricLog();
        var options = Small with { BatchSize = 3, UpdatesPerRound = 3 };
        var (replay, encoder) = (Filled(9), new ObservationEncoder(new Box(-9, 9, 4), false));
        var batch = new ReplayBatch(replay, encoder, 3);
        using RlpdLearner whole = new(4, 2, options, RandomStream.Create(5)), parts = new(4, 2, options, RandomStream.Create(5));
        whole.Round(batch, [0, 1, 2, 3, 4, 5, 6, 7, 8], log);
        for (var start = 0; start < 9; start += 3)
        {
            batch.Take([start, start + 1, start + 2]);
            parts.UpdateCritics(batch, log);
        }
        Assert.Equal([6, 7, 8], batch.Rows);
        parts.UpdateActor(batch, log);
        Assert.Equal(parts.ActorParameters.Values, whole.ActorParameters.Values);
        Assert.Equal(parts.Critics.Parameters.Values, whole.Critics.Parameters.Values);
        Assert.Contains("slices", Assert.Throws<UsageException>(() => whole.Round(batch, [0, 1, 2, 3], log)).Message);
        Assert.Contains("subset", Assert.Throws<UsageException>(() => new RlpdLearner(4, 2, Small with { Subset = 4 }, RandomStream.Create(5))).Message);
    }

    [Fact]
    public void Critics_are_normalised_and_the_actor_is_not()
    {
        using var learner = new RlpdLearner(4, 2, Small, RandomStream.Create(5));
        Assert.Contains(learner.Critics.Parameters.Parameters, parameter => parameter.Name.Contains("norm", StringComparison.Ordinal));
        Assert.DoesNotContain(learner.ActorParameters.Parameters, parameter => parameter.Name.Contains("norm", StringComparison.Ordinal));
    }

    [Fact]
    public void The_tasks_reward_does_not_leak()
    {
        double[] Learned(double scale)
        {
            using var agent = new Rlif(new Scaled(Make(), scale), Source(0.5), Small, 1, Initial(0.5));
            using var log = new MetricLog();
            for (var step = 0; step < 200; step++) { agent.Advance(log); }
            Assert.All(agent.Replay.Rewards.Take(agent.Replay.Count), reward => Assert.True(reward is 0 or -1));
            Assert.Contains(-1, agent.Replay.Rewards.Take(agent.Replay.Count));
            return [.. agent.Replay.Rewards.Take(agent.Replay.Count), .. agent.Replay.Actions.Take(2 * agent.Replay.Count)];
        }
        Assert.Equal(Learned(1), Learned(-1000));
    }

    [Fact]
    public void Initial_data_counts_for_nothing_and_touches_no_bound()
    {
        using var agent = new Rlif(Make(), Source(0.5), Small, 1, Initial(0.5));
        Assert.Equal(80, agent.Replay.Count);
        Assert.All(agent.Replay.Rewards.Take(80), reward => Assert.Equal(0, reward));
        Assert.All(agent.Replay.Actions.Take(160), action => Assert.InRange(action, -0.999f, 0.999f));
        Assert.Contains(0.999f, agent.Replay.Actions.Take(160).Select(Math.Abs));
    }

    [Fact]
    public void Stored_labels_match_a_log_of_the_interventions()
    {
        var inner = Source(0.5);
        var begins = new List<bool>();
        var source = new Watched(inner);
        using var agent = new Rlif(Make(), source, Small, 1);
        using var log = new MetricLog();
        for (var step = 0; step < 200; step++)
        {
            source.Began = false;
            agent.Advance(log);
            begins.Add(source.Began);
        }
        // Episodes of 40 steps; x_t is worth -1 where an intervention begins at t + 1 of the same episode.
        var expected = Enumerable.Range(0, 200).Select(t => t % 40 < 39 && begins[t + 1] ? -1f : 0f);
        Assert.Equal(expected, agent.Replay.Rewards.Take(200));
        Assert.Equal(200, agent.Replay.Count);
    }

    // With the label turned around the expert acts in 0.77 of the last steps.
    [Fact]
    public void A_learner_stays_where_nobody_takes_over()
    {
        var forbidden = new DelegateInterventions((observation, _) => observation[0] > 0.25f, (_, action) => action[0] = 1);
        using var agent = new Rlif(new TimeLimit(new Line(), 20), forbidden, Small, 1);
        using var log = new MetricLog();
        for (var step = 0; step < 1500; step++) { agent.Advance(log); }
        Assert.InRange(agent.InterventionRate, 0, 0.1);
    }

    [Fact]
    public void A_restored_agent_goes_on_to_the_same_bytes()
    {
        Rlif Create(ulong seed) => new(Make(), Source(0.5), Small with { UpdatesPerRound = 2, NormalizeObservations = true, LabelCurrent = true }, seed, Initial(0.5));
        ResumedAgent.GoesOnToTheSameBytes(Create, steps: 50, otherSteps: 20, advances: 50);
    }

    [Fact]
    public void Recorded_interventions_are_a_data_set()
    {
        using var agent = new Rlif(Make(), Source(0.5), Small, 1);
        using var log = new MetricLog();
        for (var step = 0; step < 100; step++) { agent.Advance(log); }
        var data = agent.Recorded();
        Assert.Equal(agent.Replay.Count, data.Count);
        data.RequireSpaces(agent.ObservationSpace, agent.ActionSpace);
    }

    [Fact]
    public void What_it_cannot_work_with_is_refused_in_words()
    {
        static string Refusal(Action action) => Assert.Throws<UsageException>(action).Message;
        Assert.Contains("takeOverSteps", Refusal(() => _ = new Rlif(Make(), Source(0.5), Small with { TakeOverSteps = 0 }, 1)));
        Assert.Contains("continuous", Refusal(() => _ = new Rlif(StandardEnvironments.Registry().Make("CartPole-v1"), Source(0.5), Small, 1)));
        Assert.Contains("bufferSize", Refusal(() => _ = new Rlif(Make(), Source(0.5), Small with { BufferSize = 10 }, 1, Initial(0.5))));
        Assert.Contains("subset", Refusal(() => _ = new Rlif(Make(), Source(0.5), Small with { Critics = 1 }, 1)));
        using var agent = new Rlif(Make(), new DelegateInterventions((_, _) => true, (_, action) => action[0] = 0), Small, 1);
        using var log = new MetricLog();
        Assert.Contains("expert's action", Refusal(() => agent.Advance(log)));
        Assert.Equal(0, agent.Replay.Count);
    }

    private static IEnvironment Make() => StandardEnvironments.Registry().Make("PushPoint-v0");

    private static ValueInterventions Source(double quality)
    {
        var reference = new PushPointReference();
        return new(new PushPointExpert(quality), reference, reference, new ValueInterventionOptions { Sample = true });
    }

    private static OfflineDataset Initial(double quality) => DatasetRecorder.Record(Make, new PushPointExpert(quality), 80, RandomStream.Create(3), "initial", TestContext.Current.CancellationToken);

    /// <summary>Plays an episode by script and writes down what is stored as time:reward, ! for an end.</summary>
    private static string Labels(InterventionStore store, InterventionLabel label, bool labelCurrent, string script)
    {
        var seen = new List<string>();
        var writer = new InterventionWriter(store, label, labelCurrent, 1, 1, (from, _, reward, _, ended) => seen.Add($"{from[0]}:{reward}{(ended ? "!" : "")}"));
        for (var t = 0; t < script.Length; t++)
        {
            var expert = script[t] == 'E';
            writer.Step([t], [0], [0], [t + 1], new StepResult(0, Truncated: t == script.Length - 1), new Turn(expert, expert && (t == 0 || script[t - 1] == 'p')));
        }
        return string.Join(' ', seen);
    }

    private static (ActionValueCritics Critics, float[] Observations, float[] Actions) Critics()
    {
        var random = RandomStream.Create(8);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextUniform(-1, 1))];
        return (new ActionValueCritics(4, 2, 3, Small with { BatchSize = 5 }, random.Child("critics")), Draw(20), Draw(10));
    }

    private static ReplayBuffer Filled(int rows)
    {
        var (replay, random) = (new ReplayBuffer(rows, 4, 2), RandomStream.Create(8));
        float Draw() => (float)random.NextUniform(-1, 1);
        for (var row = 0; row < rows; row++) { replay.Add([Draw(), Draw(), Draw(), Draw()], [Draw(), Draw()], Draw(), [Draw(), Draw(), Draw(), Draw()], row % 4 == 0); }
        return replay;
    }

    private sealed class Scaled(IEnvironment inner, double scale) : EnvironmentWrapper(inner)
    {
        public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            var result = base.Step(action, random, observation);
            return result with { Reward = scale * result.Reward };
        }
    }

    private sealed class Watched(IInterventionSource inner) : IInterventionSource
    {
        public bool Began { get; set; }

        public bool Decide(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, RandomStream random) => Began = inner.Decide(observation, proposed, random);

        public void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random) => inner.Act(observation, action, random);
    }

    /// <summary>A place on a line that an action moves; whoever takes over moves it further to the right.</summary>
    private sealed class Line : IEnvironment
    {
        private float place;

        public Space ObservationSpace { get; } = new Box(-1, 1, 1);

        public Space ActionSpace { get; } = new Box(-1, 1, 1);

        public void Reset(RandomStream random, Span<float> observation) => observation[0] = place = (float)random.NextUniform(-0.2, 0.2);

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            observation[0] = place = Math.Clamp(place + 0.3f * action[0], -1, 1);
            return new StepResult(0);
        }

        public void Exchange(StateExchange state) => state.Value(nameof(place), ref place);
    }
}
