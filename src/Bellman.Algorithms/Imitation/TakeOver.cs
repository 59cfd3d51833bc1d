namespace Bellman.Algorithms.Imitation;

/// <summary>Who acts at a step.</summary>
/// <param name="Expert">Whether the expert does.</param>
/// <param name="Begins">Whether it begins to.</param>
public readonly record struct Turn(bool Expert, bool Begins);

/// <summary>
/// Keeps control with the expert for a number of steps once it takes over. The step after them is always the learner's: nobody is asked there.
/// </summary>
public sealed class TakeOver : IStateful
{
    private readonly int length;
    private int time;
    private int stop = -1;
    private bool active;

    /// <summary>A machine of two states.</summary>
    /// <param name="length">m, steps that an intervention lasts, at least 1.</param>
    /// <exception cref="UsageException">The length is below 1.</exception>
    public TakeOver(int length)
    {
        if (length < 1) { throw new UsageException($"An intervention lasts {length} steps; it must last at least 1, usually 4."); }
        this.length = length;
    }

    /// <summary>Begins an episode: the learner has control.</summary>
    public void Reset() => (time, stop, active) = (0, -1, false);

    /// <summary>Whether the expert is asked at the next step: the learner has control.</summary>
    public bool Asks => !active;

    /// <summary>Decides the next step.</summary>
    /// <param name="intervene">The expert's decision; false where it was not asked.</param>
    public Turn Next(bool intervene)
    {
        var before = active;
        if (!active && intervene)
        {
            active = true;
            stop = time + length;
        }
        if (time == stop) { active = false; }
        time++;
        return new Turn(active, active && !before);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(time), ref time);
        state.Value(nameof(stop), ref stop);
        state.Value(nameof(active), ref active);
    }
}
