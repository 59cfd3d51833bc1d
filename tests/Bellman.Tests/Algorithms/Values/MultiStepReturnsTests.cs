using Bellman.Algorithms;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms.Values;

public sealed class MultiStepReturnsTests
{
    [Fact]
    public void Windows_at_an_episode_s_end_are_shorter_and_have_their_own_discount()
    {
        var (stage, seen) = Stage(length: 3, gamma: 0.5, copies: 1);
        for (var t = 0; t < 4; t++) { Step(stage, copy: 0, t, reward: t + 1, terminated: t == 3); }
        Assert.Equal(
            ["0 -> 3 = 2.75 over 3", "1 -> 4 = 4.5 over 3 terminated", "2 -> 4 = 5 over 2 terminated", "3 -> 4 = 4 over 1 terminated"], seen.Rows);
    }

    [Fact]
    public void A_window_bootstraps_from_what_followed_its_last_step()
    {
        // r = (1, 0, 2), V = (.5, .4, .3, .6), gamma .9: 1.243, 2.286 and 2.54 of the two-step returns.
        var (stage, seen) = Stage(length: 2, gamma: 0.9, copies: 1);
        float[] rewards = [1, 0, 2];
        double[] values = [0.5, 0.4, 0.3, 0.6];
        for (var t = 0; t < 3; t++) { Step(stage, 0, t, rewards[t], truncated: t == 2); }
        Assert.Equal([1.243, 2.286, 2.54], seen.Windows.Select(window => window.Reward + Math.Pow(0.9, window.Steps) * values[window.Next]), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    /// <summary>Fails when windows of different copies share a ring, or when a truncation is taken for a termination.</summary>
    [Fact]
    public void Copies_have_windows_of_their_own_and_a_truncated_one_is_not_terminated()
    {
        var (stage, seen) = Stage(length: 2, gamma: 1, copies: 2);
        for (var t = 0; t < 3; t++)
        {
            Step(stage, 0, t, reward: 1, truncated: t == 2);
            Step(stage, 1, 10 + t, reward: 10, terminated: t == 1);
        }
        Assert.Equal(
            ["0 -> 2 = 2 over 2", "10 -> 12 = 20 over 2 terminated", "11 -> 12 = 10 over 1 terminated", "1 -> 3 = 2 over 2 truncated", "2 -> 3 = 1 over 1 truncated"],
            seen.Rows);
    }

    [Fact]
    public void Begun_windows_survive_a_restore()
    {
        var (stage, seen) = Stage(3, 0.5, 1);
        var (copy, restored) = Stage(3, 0.5, 1);
        for (var t = 0; t < 4; t++) { Step(stage, 0, t, t + 1); }
        MemoryState.Save(stage).Load(copy);
        seen.Rows.Clear();
        foreach (var one in (ITransitionSink[])[stage, copy])
        {
            Step(one, 0, 4, 5);
            Step(one, 0, 5, 6, terminated: true);
        }
        Assert.Equal(4, seen.Rows.Count);
        Assert.Equal(seen.Rows, restored.Rows);
    }

    private static (MultiStepReturns Stage, Recorder Seen) Stage(int length, double gamma, int copies)
    {
        var seen = new Recorder();
        return (new MultiStepReturns(length, gamma, copies, 1, 1, seen), seen);
    }

    private static void Step(ITransitionSink stage, int copy, int state, float reward, bool terminated = false, bool truncated = false) =>
        stage.Add(new Transition(copy, [state], [0], reward, [state + 1], terminated, truncated));

    private sealed class Recorder : ITransitionSink
    {
        public List<string> Rows { get; } = [];

        public List<(float Reward, int Steps, int Next)> Windows { get; } = [];

        public void Add(in Transition transition)
        {
            Rows.Add($"{transition.Observation[0]} -> {transition.NextObservation[0]} = {transition.Reward} over {transition.Steps}"
                + (transition.Terminated ? " terminated" : "") + (transition.Truncated ? " truncated" : ""));
            Windows.Add((transition.Reward, transition.Steps, (int)transition.NextObservation[0]));
        }

        public void Exchange(StateExchange state) { }
    }
}
