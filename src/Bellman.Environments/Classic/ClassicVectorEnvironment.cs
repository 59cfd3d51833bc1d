using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Bellman.Environments;

/// <summary>
/// Copies of a classic control task as a struct of arrays, stepped a register at a time in double precision. Copy by
/// copy it does what the single environment does with the same stream, time limit and guard included, and saves the
/// same state under the same names, so that either can continue the other's run.
/// </summary>
internal sealed unsafe class ClassicVectorEnvironment<TTask> : VectorEnvironment where TTask : struct, IClassicTask
{
    // Handing a part to another thread costs about as much as this many copies take.
    private const int FewestCopiesPerThread = 1024;

    private readonly string id;
    private readonly int timeLimit;
    private readonly int stride;
    private readonly double[] state;
    private readonly float[] actions;
    private readonly RandomStream[] streams;
    private readonly IClassicEnvironment single;
    private readonly GuardedEnvironment guard;
    private readonly TimeLimit limited;
    private readonly double low, high;
    private readonly int width;
    private readonly int parts;
    private readonly Action<int> stepPart;
    private bool running;

    /// <param name="id">For messages.</param>
    /// <param name="single">Any single copy: it gives the saved form its names and checks.</param>
    /// <param name="timeLimit">Steps after which an episode is truncated.</param>
    /// <param name="copies">N.</param>
    /// <param name="threads">Threads that may step them.</param>
    public ClassicVectorEnvironment(string id, IClassicEnvironment single, int timeLimit, int copies, int threads)
        : base(TTask.ObservationSpace, TTask.ActionSpace, copies)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.id = id;
        this.single = single;
        this.timeLimit = timeLimit;
        guard = new GuardedEnvironment(single, id);
        limited = new TimeLimit(guard, timeLimit);
        // Whole registers of the widest kind, so that the last copies are computed as all others are.
        stride = (copies + 7) / 8 * 8;
        state = GC.AllocateArray<double>(TTask.Variables * stride, pinned: true);
        actions = GC.AllocateArray<float>(stride, pinned: true);
        streams = new RandomStream[copies];
        (low, high) = TTask.ActionSpace is Box box ? (box.Low[0], box.High[0]) : (0, TTask.ActionSpace.FlatSize - 1);
        width = Width(copies);
        parts = Math.Clamp(copies / FewestCopiesPerThread, 1, threads);
        stepPart = StepPart;
        SeedStreams(RandomStream.Create(0));
    }

    /// <inheritdoc/>
    protected override void ResetAll(RandomStream random)
    {
        SeedStreams(random);
        Array.Clear(state);
        for (var copy = 0; copy < Count; copy++) { Begin(copy); }
        running = true;
    }

    /// <inheritdoc/>
    public override void Step()
    {
        if (!running) { throw GuardedEnvironment.BeforeReset(id); }
        Actions.CopyTo(actions, 0);
        if (!ActionsAreValid()) { CorrectActions(); }
        Array.Clear(Terminated);
        Array.Clear(Truncated);
        if (parts == 1) { StepPart(0); } else { InParallel(parts, stepPart); }
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange exchange)
    {
        base.Exchange(exchange);
        var loadedRunning = true;
        for (var copy = 0; copy < Count; copy++)
        {
            for (var k = 0; k < TTask.Variables; k++) { single.State[k] = state[k * stride + copy]; }
            limited.Elapsed = RunningLengths[copy];
            guard.Progress = (running, RunningLengths[copy]);
            exchange.Part($"copy{copy}", limited);
            exchange.Part($"stream{copy}", streams[copy]);
            if (!exchange.IsLoading) { continue; }
            for (var k = 0; k < TTask.Variables; k++) { state[k * stride + copy] = single.State[k]; }
            RunningLengths[copy] = limited.Elapsed;
            loadedRunning &= guard.Progress.Running;
        }
        if (exchange.IsLoading) { running = loadedRunning; }
    }

    private void StepPart(int part)
    {
        // Parts begin at whole registers of the widest kind.
        var (first, end) = ((int)((long)stride / 8 * part / parts) * 8, (int)((long)stride / 8 * (part + 1) / parts) * 8);
        switch (width)
        {
            case 8: StepRange<Lanes512>(first, end); break;
            case 4: StepRange<Lanes256>(first, end); break;
            case 2: StepRange<Lanes128>(first, end); break;
            default: StepRange<Lane>(first, end); break;
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StepRange<TLanes>(int firstCopy, int endCopy) where TLanes : unmanaged, ILanes<TLanes>
    {
        var tile = stackalloc float[TTask.Components * TLanes.Count];
        var variables = Pointer(state);
        for (var first = firstCopy; first < endCopy && first < Count; first += TLanes.Count)
        {
            var rows = new StateRows<TLanes>(variables + first, stride);
            var reward = TTask.Step(rows, TLanes.LoadSingle(Pointer(actions) + first), out var terminated);
            var live = Math.Min(TLanes.Count, Count - first);
            var over = TLanes.Bits(terminated);
            RequireFinite(rows, first, live);
            TTask.Observe(rows, new ObservationRows<TLanes>(tile));
            ShowTile(tile, TLanes.Count, first, live);
            if (live == TLanes.Count)
            {
                TLanes.StoreSingle(reward, Pointer(Rewards) + first);
                TLanes.Store(TLanes.Load(Pointer(RunningReturns) + first) + reward, Pointer(RunningReturns) + first);
                var reached = TLanes.Advance(Pointer(RunningLengths) + first, timeLimit);
                for (var ended = over | reached; ended != 0; ended &= ended - 1)
                {
                    var lane = System.Numerics.BitOperations.TrailingZeroCount(ended);
                    End(first + lane, (over >> lane & 1) != 0);
                }
            }
            else { BookRest(reward, over, first, live); }
        }
    }

    /// <summary>The last register, whose lanes are not all copies: the others stay at zero.</summary>
    private void BookRest<TLanes>(TLanes reward, uint over, int first, int live) where TLanes : unmanaged, ILanes<TLanes>
    {
        var rewards = stackalloc double[TLanes.Count];
        TLanes.Store(reward, rewards);
        for (var lane = 0; lane < live; lane++)
        {
            var copy = first + lane;
            Rewards[copy] = (float)rewards[lane];
            RunningReturns[copy] += rewards[lane];
            var terminated = (over >> lane & 1) != 0;
            if (++RunningLengths[copy] >= timeLimit || terminated) { End(copy, terminated); }
        }
        for (var k = 0; k < TTask.Variables; k++) { state.AsSpan(k * stride + first + live, TLanes.Count - live).Clear(); }
    }

    private void End(int copy, bool terminated)
    {
        Terminated[copy] = terminated;
        Truncated[copy] = !terminated;
        RecordEnd(copy);
        Observation(copy).CopyTo(FinalObservation(copy));
        Begin(copy);
    }

    private void Begin(int copy)
    {
        Span<double> drawn = stackalloc double[TTask.Variables];
        TTask.Begin(streams[copy], drawn);
        for (var k = 0; k < drawn.Length; k++) { state[k * stride + copy] = drawn[k]; }
        var rows = new StateRows<Lane>(Pointer(state) + copy, stride);
        TTask.Observe(rows, new ObservationRows<Lane>(Pointer(Observations) + copy * TTask.Components));
    }

    /// <summary>Turns [component, lane] into rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ShowTile(float* tile, int lanes, int first, int live)
    {
        var observation = Pointer(Observations) + (nint)first * TTask.Components;
        for (var lane = 0; lane < live; lane++)
        {
            for (var k = 0; k < TTask.Components; k++) { observation[k] = tile[k * lanes + lane]; }
            observation += TTask.Components;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RequireFinite<TLanes>(StateRows<TLanes> rows, int first, int live) where TLanes : unmanaged, ILanes<TLanes>
    {
        var finite = TLanes.GreaterOrEqual(float.MaxValue, TLanes.Abs(rows[0]));
        for (var k = 1; k < TTask.Variables; k++) { finite &= TLanes.GreaterOrEqual(float.MaxValue, TLanes.Abs(rows[k])); }
        if (TLanes.Bits(finite) != (1u << TLanes.Count) - 1) { RequireFinite(rows, first, live, TLanes.Bits(finite)); }
    }

    private void RequireFinite<TLanes>(StateRows<TLanes> rows, int first, int live, uint finite) where TLanes : unmanaged, ILanes<TLanes>
    {
        var tile = stackalloc float[TTask.Components * TLanes.Count];
        TTask.Observe(rows, new ObservationRows<TLanes>(tile));
        ShowTile(tile, TLanes.Count, first, live);
        for (var lane = 0; lane < live; lane++)
        {
            if ((finite >> lane & 1) != 0) { continue; }
            var observation = Observation(first + lane);
            var component = observation.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (component >= 0) { throw GuardedEnvironment.NotFinite(id, GuardedEnvironment.When(RunningLengths[first + lane] + 1), component, observation); }
        }
    }

    private bool ActionsAreValid() => width switch
    {
        8 => Valid<Lanes512>(),
        4 => Valid<Lanes256>(),
        2 => Valid<Lanes128>(),
        _ => Valid<Lane>(),
    };

    /// <summary>Lanes of the widest register this machine has, or of the one that few copies fill. Every width computes the same bits.</summary>
    private static int Width(int copies) =>
        copies > 4 && Vector512.IsHardwareAccelerated ? 8
        : copies > 2 && Vector256.IsHardwareAccelerated ? 4
        : copies > 1 && Vector128.IsHardwareAccelerated ? 2
        : 1;

    private bool Valid<TLanes>() where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes valid = TLanes.GreaterOrEqual(0.0, 0.0);
        var discrete = TTask.ActionSpace is Discrete;
        for (var first = 0; first < Count; first += TLanes.Count)
        {
            var action = TLanes.LoadSingle(Pointer(actions) + first);
            valid &= TLanes.GreaterOrEqual(action, low) & TLanes.GreaterOrEqual(high, action);
            if (discrete) { valid &= TLanes.Equal(action, TLanes.Floor(action)); }
        }
        return TLanes.Bits(valid) == (1u << TLanes.Count) - 1;
    }

    /// <summary>Clips what is outside by a rounding error; refuses the rest before any copy has moved.</summary>
    private void CorrectActions()
    {
        Span<float> clipped = stackalloc float[1];
        for (var copy = 0; copy < Count; copy++)
        {
            if (ActionSpace.Explain(Action(copy)) is not { } wrong) { continue; }
            if (!GuardedEnvironment.TryClip(ActionSpace, Action(copy), clipped)) { throw GuardedEnvironment.OutsideActionSpace(id, Action(copy), wrong, ActionSpace); }
            actions[copy] = clipped[0];
        }
    }

    private void SeedStreams(RandomStream random)
    {
        for (var i = 0; i < streams.Length; i++) { streams[i] = random.Child("environment", i); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T* Pointer<T>(T[] pinned) where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
