namespace Bellman;

/// <summary>
/// Refuses what would silently spoil training: actions outside the space, stepping before a reset or after the end,
/// and observations or rewards that are not finite or were not written.
/// </summary>
public sealed class GuardedEnvironment(IEnvironment inner, string name) : EnvironmentWrapper(inner)
{
    // An agent's arithmetic may overshoot a bound by a rounding error; more than this is a mistake.
    private const float Tolerance = 1e-3f;

    private readonly float[] clipped = new float[inner.ActionSpace.Size];
    private bool running;
    private long steps;

    /// <summary>Whether it may be stepped, and how often it was; a batched form that counts for itself sets it before a state is saved.</summary>
    internal (bool Running, long Steps) Progress
    {
        get => (running, steps);
        set => (running, steps) = value;
    }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        observation.Fill(float.NaN);
        try
        {
            Inner.Reset(random, observation);
        }
        catch (Exception error) when (error is IndexOutOfRangeException or ArgumentException)
        {
            throw WrongShape(error);
        }
        steps = 0;
        CheckFinite(observation, 0);
        running = true;
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        if (!running)
        {
            throw BeforeReset(name);
        }
        if (Inner.ActionSpace.Explain(action) is { } wrong) { action = Correct(action, wrong); }
        observation.Fill(float.NaN);
        StepResult result;
        try
        {
            result = Inner.Step(action, random, observation);
        }
        catch (Exception error) when (error is IndexOutOfRangeException or ArgumentException)
        {
            throw WrongShape(error);
        }
        steps++;
        CheckFinite(observation, result.Reward);
        running = !result.Done;
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(running), ref running);
        state.Value(nameof(steps), ref steps);
        base.Exchange(state);
    }

    private ReadOnlySpan<float> Correct(ReadOnlySpan<float> action, string wrong)
    {
        if (TryClip(Inner.ActionSpace, action, clipped)) { return clipped; }
        throw OutsideActionSpace(name, action, wrong, Inner.ActionSpace);
    }

    /// <summary>Moves an action that oversteps a bound by no more than a rounding error back into the space.</summary>
    internal static bool TryClip(Space space, ReadOnlySpan<float> action, Span<float> clipped)
    {
        if (space is not Box box || action.Length != clipped.Length || action.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)) { return false; }
        action.CopyTo(clipped);
        box.Clip(clipped);
        var overshoot = 0f;
        for (var i = 0; i < clipped.Length; i++) { overshoot = Math.Max(overshoot, Math.Abs(clipped[i] - action[i])); }
        return overshoot <= Tolerance;
    }

    internal static BellmanException OutsideActionSpace(string name, ReadOnlySpan<float> action, string wrong, Space space) =>
        new($"The action [{string.Join(", ", action.ToArray())}] is outside the action space of {name}: {wrong}. Valid actions: {space}.");

    internal static BellmanException BeforeReset(string name) =>
        new($"{name} was stepped before a reset, or after its episode had ended. Call Reset first.");

    private void CheckFinite(ReadOnlySpan<float> observation, double reward)
    {
        for (var i = 0; i < observation.Length; i++)
        {
            if (!float.IsFinite(observation[i]))
            {
                throw NotFinite(name, When(steps), i, observation);
            }
        }
        if (!double.IsFinite(reward))
        {
            throw new BellmanException($"{name} returned the reward {reward} at {When(steps)}. A reward is a finite number; correct the environment's Step.");
        }
    }

    internal static BellmanException NotFinite(string name, string when, int component, ReadOnlySpan<float> observation) => new(
        $"{name} wrote an observation that is not valid at {when}: component {component} of {observation.Length} is {observation[component]} (NaN also when it was not written). " +
        $"An observation is {observation.Length} finite numbers; correct the environment's Reset and Step.");

    internal static string When(long steps) => steps == 0 ? "reset" : $"step {steps}";

    private BellmanException WrongShape(Exception error) => new(
        $"{name} failed while it wrote an observation ({error.Message}). Its observation space {Inner.ObservationSpace} has room for {Inner.ObservationSpace.Size} numbers; " +
        "make the environment's observations and its space agree.", error);
}
