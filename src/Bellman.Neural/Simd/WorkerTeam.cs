using System.Diagnostics;

namespace Bellman.Neural;

/// <summary>Work cut into tasks that may run in any order, on any thread, with the same result.</summary>
internal interface IParallelWork
{
    /// <param name="phase">Which loop of the work.</param>
    /// <param name="task">Which piece of it.</param>
    /// <param name="worker">Who runs it, from 0: an index for scratch memory.</param>
    void Execute(int phase, int task, int worker);
}

/// <summary>
/// A few threads that wait for loops of tens of microseconds, which is too short for the thread pool: handing over a
/// loop allocates nothing, and between loops the threads spin for a while before they sleep. The calling thread works
/// too, so a team of one starts no thread, and a thread that comes late finds nothing left to do.
/// </summary>
internal sealed class WorkerTeam(int threads) : IDisposable
{
    // Longer than what an update does alone between two loops.
    private static readonly long SpinTicks = Stopwatch.Frequency / 5_000;

    private readonly Lock gate = new();
    private readonly SemaphoreSlim wake = new(0);
    private IParallelWork? work;
    private int phase;

    // The loop's number in the high half, the tasks nobody has taken yet in the low one: a thread that slept through a
    // loop can never take a task of it.
    private long ticket;
    private int unfinished;
    private int sleeping;
    private bool started;
    private bool stopping;

    public int Threads => threads;

    /// <summary>Runs every task and returns when all are done.</summary>
    public void Run(IParallelWork loop, int loopPhase, int count)
    {
        // A loop within a loop, or a second network used from another thread meanwhile, simply runs alone.
        if (threads == 1 || count == 1 || gate.IsHeldByCurrentThread || !gate.TryEnter())
        {
            for (var task = 0; task < count; task++) { loop.Execute(loopPhase, task, 0); }
            return;
        }
        try
        {
            StartThreads();
            work = loop;
            phase = loopPhase;
            unfinished = count;
            Interlocked.Exchange(ref ticket, (((ticket >> 32) + 1) << 32) | (uint)count);
            var asleep = Volatile.Read(ref sleeping);
            if (asleep > 0) { wake.Release(Math.Min(asleep, count - 1)); }
            TakeTasks(0);
            var spin = new SpinWait();
            while (Volatile.Read(ref unfinished) > 0) { spin.SpinOnce(sleep1Threshold: -1); }
        }
        finally
        {
            gate.Exit();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (stopping) { return; }
            Volatile.Write(ref stopping, true);
            if (started) { wake.Release(threads - 1); }
        }
    }

    private void StartThreads()
    {
        if (started) { return; }
        started = true;
        for (var worker = 1; worker < threads; worker++)
        {
            var id = worker;
            new Thread(() => Work(id)) { IsBackground = true, Name = $"Bellman kernels {id}" }.Start();
        }
    }

    private void Work(int worker)
    {
        while (true)
        {
            AwaitTasks();
            if (Volatile.Read(ref stopping)) { return; }
            TakeTasks(worker);
        }
    }

    private void AwaitTasks()
    {
        for (var end = Stopwatch.GetTimestamp() + SpinTicks; Stopwatch.GetTimestamp() < end; Thread.SpinWait(8))
        {
            if (HasTasks || Volatile.Read(ref stopping)) { return; }
        }
        while (!HasTasks && !Volatile.Read(ref stopping))
        {
            // Who hands out tasks after this counts us and wakes us; what was handed out before is seen here.
            Interlocked.Increment(ref sleeping);
            if (!HasTasks && !Volatile.Read(ref stopping)) { wake.Wait(); }
            Interlocked.Decrement(ref sleeping);
        }
    }

    private bool HasTasks => (uint)Volatile.Read(ref ticket) != 0;

    private void TakeTasks(int worker)
    {
        while (true)
        {
            var seen = Volatile.Read(ref ticket);
            var left = (int)seen;
            if (left == 0) { return; }
            if (Interlocked.CompareExchange(ref ticket, seen - 1, seen) != seen) { continue; }
            // The loop cannot end before this task does, so these are its own.
            work?.Execute(phase, left - 1, worker);
            Interlocked.Decrement(ref unfinished);
        }
    }
}
