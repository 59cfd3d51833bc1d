namespace Bellman;

/// <summary>
/// A task with a goal that can be exchanged afterwards: its observation says what was achieved and what was desired, and
/// the reward of a step depends on these two alone, so that experience can be relabelled with another goal.
/// </summary>
/// <remarks>The observation space is a <see cref="Composite"/> with the parts that <see cref="GoalLayout"/> names.</remarks>
public interface IGoalEnvironment : IEnvironment
{
    /// <summary>
    /// The reward and the termination of a step after which <paramref name="achieved"/> holds while
    /// <paramref name="desired"/> was wanted. A pure function: the same for every copy and at any time.
    /// </summary>
    StepResult Judge(ReadOnlySpan<float> achieved, ReadOnlySpan<float> desired);
}

/// <summary>Where the goals lie in an observation.</summary>
/// <param name="Achieved">Offset of the achieved goal.</param>
/// <param name="Desired">Offset of the desired goal.</param>
/// <param name="Size">Floats of a goal.</param>
public readonly record struct GoalLayout(int Achieved, int Desired, int Size)
{
    /// <summary>The part of the observation that is neither goal.</summary>
    public const string ObservationPart = "observation";

    /// <summary>The part that says what holds now.</summary>
    public const string AchievedPart = "achieved";

    /// <summary>The part that says what is wanted.</summary>
    public const string DesiredPart = "desired";

    /// <summary>An observation space in this layout.</summary>
    public static Composite Space(Space observation, Space goal) =>
        new((ObservationPart, observation), (AchievedPart, goal), (DesiredPart, goal));

    /// <summary>The layout of an observation space.</summary>
    /// <exception cref="UsageException">It has no goals.</exception>
    public static GoalLayout Of(Space space)
    {
        if (space is Composite composite
            && composite.Parts.Any(part => part.Name == AchievedPart) && composite.Parts.Any(part => part.Name == DesiredPart))
        {
            var (achieved, desired) = (composite.RangeOf(AchievedPart), composite.RangeOf(DesiredPart));
            var size = achieved.End.Value - achieved.Start.Value;
            if (size == desired.End.Value - desired.Start.Value) { return new GoalLayout(achieved.Start.Value, desired.Start.Value, size); }
        }
        throw new UsageException(
            $"Hindsight replay relabels goals, but the observations are {space}. It needs a Composite with the parts '{AchievedPart}' and '{DesiredPart}' of one size, " +
            "as an IGoalEnvironment has; BitFlipping-v0 is one. Set hindsight=none for this environment.");
    }

    /// <summary>The achieved goal within an observation.</summary>
    public ReadOnlySpan<float> AchievedOf(ReadOnlySpan<float> observation) => observation.Slice(Achieved, Size);

    /// <summary>The desired goal within an observation.</summary>
    public Span<float> DesiredOf(Span<float> observation) => observation.Slice(Desired, Size);
}
