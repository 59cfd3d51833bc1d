namespace Bellman.Environments.Chemotaxis;

/// <summary>The chemotaxis family's ids.</summary>
public static class ChemotaxisEnvironments
{
    /// <summary>Steps after which an episode is truncated.</summary>
    public const int Horizon = 1000;

    /// <summary>Adds the family to <paramref name="registry"/>.</summary>
    public static void Register(EnvironmentRegistry registry)
    {
        registry.Register(new EnvironmentRegistration(
            "Chemotaxis-v0",
            "A robot follows biomarkers to a walking cell among obstacles, in 3-D, by four macro-actions on four states.",
            arguments => new MacroActionWrapper(new ChemotaxisEnvironment(arguments.Bind<ChemotaxisOptions>())))
        {
            TimeLimit = Horizon,
            Options = typeof(ChemotaxisOptions),
        });
        registry.Register(new EnvironmentRegistration(
            "ChemotaxisContinuous-v0",
            "The same search with a free choice of direction and ten observed numbers: gradient, bearing, obstacle, concentration.",
            arguments => new ChemotaxisEnvironment(arguments.Bind<ChemotaxisOptions>()))
        {
            TimeLimit = Horizon,
            Options = typeof(ChemotaxisOptions),
        });
    }
}
