using System.Runtime.InteropServices;

namespace Bellman.Cli;

/// <summary>
/// Ctrl-C and termination ask for a clean stop: the work in hand is finished and a checkpoint written. A second
/// Ctrl-C ends the process at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    /// <summary>
    /// Set while a command deals with Ctrl-C itself: true means that it stopped the work in hand and goes on, false that there was none
    /// and the process ends at once.
    /// </summary>
    public static Func<bool>? Intercept { get; set; }

    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    public Interrupt() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
    ];

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations) { registration.Dispose(); }
        source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        if (context.Signal == PosixSignal.SIGINT && Intercept is { } intercept)
        {
            context.Cancel = intercept();
            return;
        }
        if (source.IsCancellationRequested) { return; }
        context.Cancel = true;
        Console.Error.WriteLine("Stopping: finishing the work in hand. Press Ctrl-C again to end at once.");
        source.Cancel();
    }
}
