namespace Bellman.Tests.Algorithms;

/// <summary>Shows a sign once; many steps later it must be answered. A policy without memory is right half of the time.</summary>
public sealed class RememberTheSign(int delay = 4) : IEnvironment
{
    private int sign;
    private int step;

    public Space ObservationSpace { get; } = new Box(-1, 1, 2);

    public Space ActionSpace { get; } = new Discrete(2);

    public void Reset(RandomStream random, Span<float> observation)
    {
        (step, sign) = (0, random.NextInt32(2));
        (observation[0], observation[1]) = (2 * sign - 1, 0);
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        step++;
        (observation[0], observation[1]) = (0, step == delay ? 1 : 0);
        return step <= delay ? new StepResult(0) : new StepResult(action[0] == sign ? 1 : 0, Terminated: true);
    }

    public void Exchange(StateExchange state)
    {
        state.Value(nameof(sign), ref sign);
        state.Value(nameof(step), ref step);
    }
}

/// <summary>Pays for being near half of what is shown, in units of the action's range; one step an episode.</summary>
public sealed class FollowTheMark : IEnvironment
{
    private float mark;

    public Space ObservationSpace { get; } = new Box(-1, 1, 1);

    public Space ActionSpace { get; } = new Box([-2, 0], [2, 3]);

    public void Reset(RandomStream random, Span<float> observation) => mark = observation[0] = (float)random.NextUniform(-1, 1);

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        // In [-1, 1]: the first action should be mark / 2, the second -mark / 2.
        double first = action[0] / 2 - mark / 2, second = (action[1] - 1.5) / 1.5 + mark / 2;
        observation[0] = mark;
        return new StepResult(-(first * first + second * second), Terminated: true);
    }

    public void Exchange(StateExchange state) => state.Value(nameof(mark), ref mark);
}

/// <summary>A picture with a bright half: say which. One step an episode.</summary>
public sealed class BrightHalf : IEnvironment
{
    private const int Side = 36;
    private int side;

    public Space ObservationSpace { get; } = new Box(new float[Side * Side], [.. Enumerable.Repeat(255f, Side * Side)], Side, Side, 1);

    public Space ActionSpace { get; } = new Discrete(2);

    public void Reset(RandomStream random, Span<float> observation)
    {
        side = random.NextInt32(2);
        for (var i = 0; i < observation.Length; i++) { observation[i] = (i % Side >= Side / 2 ? 1 : 0) == side ? 200 + random.NextInt32(50) : random.NextInt32(50); }
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        observation.Clear();
        return new StepResult(action[0] == side ? 1 : 0, Terminated: true);
    }

    public void Exchange(StateExchange state) => state.Value(nameof(side), ref side);
}

/// <summary>Two dials of three and four places must show what is asked; a third of the places is barred, and taking one throws.</summary>
public sealed class BarredDials : IEnvironment, IActionMask
{
    private int asked;
    private int steps;

    public Space ObservationSpace { get; } = new Discrete(3);

    public Space ActionSpace { get; } = new MultiDiscrete(3, 4);

    public void Reset(RandomStream random, Span<float> observation)
    {
        (steps, asked) = (0, random.NextInt32(3));
        observation[0] = asked;
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        if ((int)action[0] == (asked + 1) % 3 || (int)action[1] == 3) { throw new InvalidOperationException($"The barred place {action[0]}, {action[1]} was taken."); }
        var reward = ((int)action[0] == asked ? 0.5 : 0) + ((int)action[1] == asked ? 0.5 : 0);
        asked = random.NextInt32(3);
        observation[0] = asked;
        return new StepResult(reward, Terminated: ++steps == 10);
    }

    public void WriteActionMask(Span<bool> available)
    {
        available.Fill(true);
        available[(asked + 1) % 3] = false;
        available[3 + 3] = false;
    }

    public void Exchange(StateExchange state)
    {
        state.Value(nameof(asked), ref asked);
        state.Value(nameof(steps), ref steps);
    }
}
