namespace Bellman.Algorithms;

/// <summary>
/// Stores transitions in replay and draws, for each, which members of an ensemble learn from it: every member sees a
/// bootstrap sample of its own, the same each time a transition comes up (Osband et al. 2016, algorithm 1).
/// </summary>
internal sealed class BootstrapStore(ReplayBuffer replay, int members, double probability, RandomStream random) : ITransitionSink
{
    private readonly ulong[] masks = new ulong[replay.Capacity];

    /// <summary>Whether <paramref name="member"/> learns from a row of replay.</summary>
    public bool Includes(int row, int member) => (masks[row] >> member & 1) != 0;

    /// <inheritdoc/>
    public void Add(in Transition transition)
    {
        var row = replay.Add(transition.Observation, transition.Action, transition.Reward, transition.NextObservation, transition.Terminated, transition.Steps);
        var mask = 0UL;
        for (var member = 0; member < members; member++)
        {
            if (probability >= 1 || random.NextSingle() < probability) { mask |= 1UL << member; }
        }
        masks[row] = mask;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(replay), replay);
        state.Part("bootstrap", random);
        var used = state.IsLoading ? [] : masks[..replay.Count];
        state.List(nameof(masks), ref used);
        if (state.IsLoading) { used.CopyTo(masks, 0); }
    }
}
