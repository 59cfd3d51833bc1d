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
            throw new BellmanException($"{name} was stepped before a reset, or after its episode had ended. Call Reset first.");
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
        if (Inner.ActionSpace is Box box && action.Length == clipped.Length && !action.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            action.CopyTo(clipped);
            box.Clip(clipped);
            var overshoot = 0f;
            for (var i = 0; i < clipped.Length; i++) { overshoot = Math.Max(overshoot, Math.Abs(clipped[i] - action[i])); }
            if (overshoot <= Tolerance) { return clipped; }
        }
        throw new BellmanException($"The action [{string.Join(", ", action.ToArray())}] is outside the action space of {name}: {wrong}. Valid actions: {Inner.ActionSpace}.");
    }

    private void CheckFinite(ReadOnlySpan<float> observation, double reward)
    {
        for (var i = 0; i < observation.Length; i++)
        {
            if (!float.IsFinite(observation[i]))
            {
                throw new BellmanException(
                    $"{name} wrote an observation that is not valid at {When}: component {i} of {observation.Length} is {observation[i]} (NaN also when it was not written). " +
                    $"An observation is {Inner.ObservationSpace.Size} finite numbers; correct the environment's Reset and Step.");
            }
        }
        if (!double.IsFinite(reward))
        {
            throw new BellmanException($"{name} returned the reward {reward} at {When}. A reward is a finite number; correct the environment's Step.");
        }
    }

    private string When => steps == 0 ? "reset" : $"step {steps}";

    private BellmanException WrongShape(Exception error) => new(
        $"{name} failed while it wrote an observation ({error.Message}). Its observation space {Inner.ObservationSpace} has room for {Inner.ObservationSpace.Size} numbers; " +
        "make the environment's observations and its space agree.", error);
}
