using Bellman.Environments.Chemotaxis;
using Bellman.Environments.MiniGrid;

namespace Bellman.Environments;

/// <summary>The environments that come with Bellman, by name.</summary>
public static class StandardEnvironments
{
    /// <summary>
    /// A new registry of all of them, to which more can be added. Ids, time limits and solved returns are Gymnasium's
    /// where it has the environment.
    /// </summary>
    public static EnvironmentRegistry Registry()
    {
        var registry = new EnvironmentRegistry();
        foreach (var registration in Classic().Concat(Tabular()).Concat(Bandits())) { registry.Register(registration); }
        ChemotaxisEnvironments.Register(registry);
        MiniGridEnvironments.Register(registry);
        return registry;
    }

    private static IEnumerable<EnvironmentRegistration> Classic() =>
    [
        new("CartPole-v1", "Keep a pole upright on a cart that is pushed left or right.", _ => new CartPole()) { TimeLimit = 500, SolvedReturn = 475 },
        new("Pendulum-v1", "Swing a pendulum up with a weak motor and hold it upright.", _ => new Pendulum()) { TimeLimit = 200 },
        new("Acrobot-v1", "Swing a two-link chain above a line with a motor at its elbow.", _ => new Acrobot()) { TimeLimit = 500, SolvedReturn = -100 },
        new("MountainCar-v0", "Drive a weak car out of a valley by swinging; three actions.", _ => new MountainCar()) { TimeLimit = 200, SolvedReturn = -110 },
        new("MountainCarContinuous-v0", "Drive a weak car out of a valley by swinging; a continuous throttle that costs.", _ => new MountainCarContinuous())
        {
            TimeLimit = 999,
            SolvedReturn = 90,
        },
    ];

    private static IEnumerable<EnvironmentRegistration> Tabular() =>
    [
        new("FrozenLake-v1", "Cross slippery ice with holes to a goal.", arguments => new FrozenLake(arguments.Bind<FrozenLakeOptions>()))
        {
            TimeLimit = 100,
            SolvedReturn = 0.70,
            Options = typeof(FrozenLakeOptions),
        },
        new("FrozenLake8x8-v1", "Cross a larger lake of slippery ice with holes to a goal.", arguments => new FrozenLake(arguments.Bind<FrozenLake8x8Options>()))
        {
            TimeLimit = 200,
            SolvedReturn = 0.85,
            Options = typeof(FrozenLake8x8Options),
        },
        new("CliffWalking-v1", "Walk along a cliff; falling off costs 100 and leads back to the start.", arguments => new CliffWalking(arguments.Bind<CliffWalkingOptions>()))
        {
            Options = typeof(CliffWalkingOptions),
        },
        new("Taxi-v3", "Fetch a passenger and bring them to their destination.", _ => new Taxi()) { TimeLimit = 200, SolvedReturn = 8 },
        new("Blackjack-v1", "Draw cards towards 21 against a dealer.", arguments => new Blackjack(arguments.Bind<BlackjackOptions>())) { Options = typeof(BlackjackOptions) },
        new("DeepSea-v0", "Dive to a treasure that only going right in every row finds: a test of deep exploration.", arguments => new DeepSea(arguments.Bind<DeepSeaOptions>()))
        {
            Options = typeof(DeepSeaOptions),
        },
        new("GridWorld-v0", "Walk a board of your own: walls, goals, pits, slippery moves.", arguments => new GridWorld(arguments.Bind<GridWorldOptions>()))
        {
            TimeLimit = 100,
            Options = typeof(GridWorldOptions),
        },
    ];

    private static IEnumerable<EnvironmentRegistration> Bandits() =>
    [
        new("GaussianBandit-v0", "Choose among arms with normally distributed rewards.", arguments => new GaussianBandit(arguments.Bind<GaussianBanditOptions>()))
        {
            TimeLimit = 1000,
            Options = typeof(GaussianBanditOptions),
        },
        new("BernoulliBandit-v0", "Choose among arms that pay 1 or nothing.", arguments => new BernoulliBandit(arguments.Bind<BernoulliBanditOptions>()))
        {
            TimeLimit = 1000,
            Options = typeof(BernoulliBanditOptions),
        },
    ];
}
