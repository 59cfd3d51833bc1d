namespace Bellman.Papers.EffectiveHorizon;

/// <summary>What SQIRL learned.</summary>
/// <param name="Policies">One policy a time step, T of them.</param>
/// <param name="Steps">Environment steps taken.</param>
/// <param name="Iterations">Iterations run; fewer than T when the budget or the data ended.</param>
/// <param name="UninformedIterations">
/// Iterations in whose episodes every return was the same: random play met no reward worth telling apart, and the greedy action is
/// arbitrary. More episodes or a denser reward are needed.
/// </param>
/// <param name="Resources">What the policies compute with; null for tables.</param>
public sealed record SqirlResult(IReadOnlyList<IFrozenPolicy> Policies, long Steps, int Iterations, int UninformedIterations, IDisposable? Resources = null) : IDisposable
{
    /// <summary>What a user should know; null when there is nothing.</summary>
    public string? Warning => UninformedIterations == 0 ? null
        : $"In {UninformedIterations} of {Iterations} iterations every episode had the same return, so that the greedy action is arbitrary. Raise episodes above 1 / (random return), or choose a denser reward.";

    /// <summary>Releases the networks; the policies cannot be used afterwards.</summary>
    public void Dispose() => Resources?.Dispose();
}

/// <summary>
/// SQIRL (Laidlaw et al. 2023), shallow Q-iteration via reinforcement learning: iteration i plays the frozen policies of the steps
/// before i and at random from i on, regresses the random policy's Q, applies k - 1 Bellman-optimality steps, and freezes the greedy
/// policy as that of step i.
/// </summary>
public sealed class Sqirl
{
    // Consecutive iterations whose episodes all ended before any exploration.
    private const int PatienceWithoutData = 10;

    private readonly SqirlOptions options;
    private readonly RandomStream random;
    private readonly IEnvironment[] copies;
    private readonly RandomStream[] streams;
    private readonly RandomStream actionStream;
    private readonly int actions;
    private readonly int size;
    private readonly List<IFrozenPolicy> policies = [];
    private long steps;

    private Sqirl(Func<IEnvironment> create, SqirlOptions options, RandomStream random)
    {
        this.options = options = OptionSet.Validated(options, "SQIRL");
        this.random = random;
        copies = [.. Enumerable.Range(0, options.Episodes).Select(_ => create())];
        if (copies[0].ActionSpace is not Discrete { Count: var count }) { throw new UsageException($"SQIRL compares the values of Discrete actions; this environment's are {copies[0].ActionSpace}. Use ppo or sac for it."); }
        actions = count;
        size = copies[0].ObservationSpace.Size;
        streams = [.. Enumerable.Range(0, copies.Length).Select(i => random.Child("environment", i))];
        actionStream = random.Child("actions");
    }

    /// <summary>Learns a policy for each of the horizon's steps.</summary>
    /// <param name="create">Makes a copy of the environment; each of the m episodes of an iteration has one.</param>
    /// <param name="options">Options.</param>
    /// <param name="random">The stream of environments, actions, weights and batches.</param>
    /// <param name="onLearned">Told after each iteration what has been stored; null tells nobody.</param>
    /// <param name="cancellation">Stops training.</param>
    /// <exception cref="UsageException">An option is out of range, actions are not discrete, or a table is asked for and observations are not finite.</exception>
    public static SqirlResult Train(Func<IEnvironment> create, SqirlOptions options, RandomStream random,
        Action<SqirlReplay>? onLearned = null, CancellationToken cancellation = default) => new Sqirl(create, options, random).Run(onLearned, cancellation);

    private SqirlResult Run(Action<SqirlReplay>? onLearned, CancellationToken cancellation)
    {
        var regression = CreateRegression(copies[0].ObservationSpace);
        var replay = new SqirlReplay(options.BufferSize, size);
        var (iterations, uninformed, withoutData) = (0, 0, 0);
        while (policies.Count < options.Horizon && steps < options.StepBudget && withoutData < PatienceWithoutData)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!options.KeepReplay) { replay.Clear(); }
            replay.BeginIteration(iterations, options.ReplayPriorityFactor);
            var before = steps;
            var iteration = policies.Count;
            Collect(replay, iteration);
            iterations++;
            var stored = replay.End - replay.NewestIteration;
            withoutData = stored == 0 ? withoutData + 1 : 0;
            if (stored > 0 && SameReturns(replay)) { uninformed++; }
            regression.Learn(replay, iteration, steps - before);
            onLearned?.Invoke(replay);
            if (steps >= options.ExplorationFraction * options.StepBudget || options.ExplorationFraction == 0) { policies.Add(regression.Freeze()); }
        }
        // What was stopped early goes on with the values it has.
        var remaining = policies.Count < options.Horizon ? regression.Freeze() : policies[^1];
        return new SqirlResult([.. policies, .. Enumerable.Repeat(remaining, options.Horizon - policies.Count)], steps, iterations, uninformed, regression as IDisposable);
    }

    private ISqirlRegression CreateRegression(Space observations) => options.Form switch
    {
        SqirlForm.Network => new NetworkRegression(observations, actions, options, random.Child("network")),
        SqirlForm.TimeIndexedTables => new TimeIndexedTables(observations, actions, options),
        _ => new PooledTable(observations, actions, options),
    };

    /// <summary>Plays m episodes side by side; one that is over waits for the others.</summary>
    private void Collect(SqirlReplay replay, int iteration)
    {
        var episodes = copies.Length;
        var seen = new float[episodes][];
        var played = new List<SqirlReplay.Entry>[episodes];
        for (var i = 0; i < episodes; i++)
        {
            seen[i] = new float[(options.Horizon + 1) * size];
            played[i] = [];
            copies[i].Reset(streams[i], seen[i].AsSpan(0, size));
        }
        var running = Enumerable.Range(0, episodes).ToList();
        var (observations, chosen, action) = (new float[episodes * size], new int[episodes], new float[1]);
        for (var time = 0; time < options.Horizon && running.Count > 0; time++)
        {
            Choose(time, iteration, running, seen, observations, chosen);
            for (var i = 0; i < running.Count; i++)
            {
                var episode = running[i];
                action[0] = chosen[i];
                var result = copies[episode].Step(action, streams[episode], seen[episode].AsSpan((time + 1) * size, size));
                played[episode].Add(new(time, chosen[i], result.Reward, result.Done || time == options.Horizon - 1, 0));
                steps++;
            }
            running.RemoveAll(episode => played[episode][time].Done);
        }
        for (var i = 0; i < episodes; i++) { Store(replay, iteration, seen[i], played[i]); }
    }

    private void Choose(int time, int iteration, List<int> running, float[][] seen, float[] observations, int[] chosen)
    {
        if (time >= iteration)
        {
            for (var i = 0; i < running.Count; i++) { chosen[i] = actionStream.NextInt32(actions); }
            return;
        }
        for (var i = 0; i < running.Count; i++) { seen[running[i]].AsSpan(time * size, size).CopyTo(observations.AsSpan(i * size)); }
        policies[time].Act(observations, running.Count, chosen);
    }

    /// <summary>Stores an episode's steps from the iteration's on, each with its return G_t = r_t + gamma G_{t+1}.</summary>
    private void Store(SqirlReplay replay, int iteration, float[] seen, List<SqirlReplay.Entry> played)
    {
        var returns = ReturnsToGo([.. played.Select(entry => entry.Reward)], options.Gamma);
        for (var time = options.StoreAll ? 0 : iteration; time < played.Count; time++)
        {
            replay.Add(seen.AsSpan(time * size, size), seen.AsSpan((time + 1) * size, size), played[time] with { Return = returns[time] });
        }
    }

    /// <summary>G_t = r_t + gamma G_{t+1} of an episode.</summary>
    public static double[] ReturnsToGo(IReadOnlyList<double> rewards, double gamma)
    {
        var returns = new double[rewards.Count];
        var after = 0.0;
        for (var time = rewards.Count - 1; time >= 0; time--) { returns[time] = after = rewards[time] + gamma * after; }
        return returns;
    }

    private static bool SameReturns(SqirlReplay replay)
    {
        var first = replay[replay.NewestIteration].Return;
        for (var row = replay.NewestIteration; row < replay.End; row++) { if (replay[row].Return != first) { return false; } }
        return true;
    }
}
