namespace Bellman.Environments.Dots;

/// <summary>Tasks with dots: small ones for agents that see pictures, or that have to find out what they control.</summary>
public static class DotEnvironments
{
    private const int Steps = 50;

    /// <summary>Adds them to a registry.</summary>
    public static void Register(EnvironmentRegistry registry)
    {
        registry.Register(new EnvironmentRegistration("DotReach-v0", "Bring a disc over another, from pixels, with a reward only where it is reached.", arguments => Reach(arguments.Bind<DotReachOptions>()))
        {
            TimeLimit = Steps,
            SolvedReturn = 35,
            Options = typeof(DotReachOptions),
        });
        registry.Register(new EnvironmentRegistration("DotCentre-v0", "Bring a dot to the middle of a square.", _ => new DotCentre()) { TimeLimit = Steps });
        registry.Register(new EnvironmentRegistration(
            "DotCentreDistracted-v0", "Bring a dot to the middle of a square while a point that no action changes fills most of what is seen.",
            arguments => new Distractor(new DotCentre(), arguments.Bind<DistractorOptions>()))
        {
            TimeLimit = Steps,
            Options = typeof(DistractorOptions),
        });
    }

    private static FrameStack Reach(DotReachOptions options)
    {
        IEnvironment task = new DotReach(options);
        return new FrameStack(options.Background > 0 ? new MovingBackground(task, options.Background) : task, options.Frames);
    }
}
