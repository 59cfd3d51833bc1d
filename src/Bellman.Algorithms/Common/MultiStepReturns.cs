namespace Bellman.Algorithms;

/// <summary>
/// Joins n consecutive transitions of a copy into one: r = sum_{k&lt;n} gamma^k r_{t+k}, s' = s_{t+n} (Sutton 1988). At an
/// episode's end the remaining windows are handed on with their own, smaller n, so that no transition is lost; after a
/// truncation they bootstrap from the final observation.
/// </summary>
public sealed class MultiStepReturns : ITransitionSink
{
    private readonly int length;
    private readonly double gamma;
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly ITransitionSink next;
    // [copies, length]: what each copy has begun and not yet handed on, as a ring from `first`.
    private readonly float[] observations;
    private readonly float[] actions;
    private readonly float[] rewards;
    private readonly int[] first;
    private readonly int[] count;

    /// <summary>Hands windows of <paramref name="length"/> steps on to <paramref name="next"/>.</summary>
    /// <param name="length">n, at least 1.</param>
    /// <param name="gamma">Discount of a step.</param>
    /// <param name="copies">Copies that transitions come from.</param>
    /// <param name="observationSize">Floats of an observation.</param>
    /// <param name="actionSize">Floats of an action.</param>
    /// <param name="next">Takes the windows.</param>
    public MultiStepReturns(int length, double gamma, int copies, int observationSize, int actionSize, ITransitionSink next)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        (this.length, this.gamma, this.observationSize, this.actionSize, this.next) = (length, gamma, observationSize, actionSize, next);
        observations = new float[copies * length * observationSize];
        actions = new float[copies * length * actionSize];
        rewards = new float[copies * length];
        first = new int[copies];
        count = new int[copies];
    }

    /// <inheritdoc/>
    public void Add(in Transition transition)
    {
        var copy = transition.Copy;
        var slot = Slot(copy, count[copy]++);
        transition.Observation.CopyTo(observations.AsSpan(slot * observationSize, observationSize));
        transition.Action.CopyTo(actions.AsSpan(slot * actionSize, actionSize));
        rewards[slot] = transition.Reward;
        if (count[copy] == length) { HandOnOldest(transition); }
        if (!transition.Done) { return; }
        while (count[copy] > 0) { HandOnOldest(transition); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<float>("windowObservations", observations);
        state.Array<float>("windowActions", actions);
        state.Array<float>("windowRewards", rewards);
        state.Array<int>("windowFirst", first);
        state.Array<int>("windowCount", count);
        next.Exchange(state);
    }

    private int Slot(int copy, int index) => copy * length + (first[copy] + index) % length;

    /// <summary>The window that begins with the oldest step and ends with <paramref name="last"/>.</summary>
    private void HandOnOldest(in Transition last)
    {
        var copy = last.Copy;
        var sum = 0.0;
        for (var k = count[copy] - 1; k >= 0; k--) { sum = rewards[Slot(copy, k)] + gamma * sum; }
        var slot = Slot(copy, 0);
        next.Add(new Transition(
            copy, observations.AsSpan(slot * observationSize, observationSize), actions.AsSpan(slot * actionSize, actionSize), (float)sum,
            last.NextObservation, last.Terminated, last.Truncated, count[copy]));
        first[copy] = (first[copy] + 1) % length;
        count[copy]--;
    }
}
