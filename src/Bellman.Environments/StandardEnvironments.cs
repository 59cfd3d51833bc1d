using Bellman.Environments.AuxiliaryRewards;
using Bellman.Environments.Chemotaxis;
using Bellman.Environments.Dots;
using Bellman.Environments.MiniGrid;
using Bellman.Environments.RestlessBandits;
using Bellman.Environments.Submodular;

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
        foreach (var registration in Classic().Concat(Tabular()).Concat(Bandits()).Append(BitFlipping()).Append(DriftPoint())) { registry.Register(registration); }
        ChemotaxisEnvironments.Register(registry);
        DotEnvironments.Register(registry);
        MiniGridEnvironments.Register(registry);
        SubmodularEnvironments.Register(registry);
        RestlessBandit.Register(registry);
        AuxiliaryRewardEnvironments.Register(registry);
        PushPoint.Register(registry);
        return registry;
    }

    private static IEnumerable<EnvironmentRegistration> Classic() =>
    [
        Classic<CartPole, CartPole.Task>("CartPole-v1", "Keep a pole upright on a cart that is pushed left or right.", 500, 475),
        new("CartPoleNoVelocity-v1", "CartPole without its velocities: a policy has to remember where cart and pole were.", _ => new SelectObservation(new CartPole(), 0, 2))
        {
            TimeLimit = 500,
            SolvedReturn = 450,
        },
        Classic<Pendulum, Pendulum.Task>("Pendulum-v1", "Swing a pendulum up with a weak motor and hold it upright.", 200),
        Classic<Acrobot, Acrobot.Task>("Acrobot-v1", "Swing a two-link chain above a line with a motor at its elbow.", 500, -100),
        Classic<MountainCar, MountainCar.Task>("MountainCar-v0", "Drive a weak car out of a valley by swinging; three actions.", 200, -110),
        Classic<MountainCarContinuous, MountainCarContinuous.Task>(
            "MountainCarContinuous-v0", "Drive a weak car out of a valley by swinging; a continuous throttle that costs.", 999, 90),
        Classic<CartBalance, CartBalance.Task>("CartBalance-v0", "Keep a pole upright on a cart with a force of any size; for offline learning.", 200, 195),
    ];

    private static EnvironmentRegistration Classic<TSingle, TTask>(string id, string summary, int timeLimit, double? solvedReturn = null)
        where TSingle : IClassicEnvironment, new()
        where TTask : struct, IClassicTask =>
        new(id, summary, _ => new TSingle())
        {
            TimeLimit = timeLimit,
            SolvedReturn = solvedReturn,
            CreateBatch = request => new ClassicVectorEnvironment<TTask>(id, new TSingle(), timeLimit, request.Copies, request.Threads),
        };

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

    private static EnvironmentRegistration DriftPoint() =>
        new("DriftPoint-v0", "Move a point on a plane to its origin; where it starts decides most of the return.", arguments => new DriftPoint(arguments.Bind<DriftPointOptions>()))
        {
            TimeLimit = 20,
            Options = typeof(DriftPointOptions),
        };

    private static EnvironmentRegistration BitFlipping() =>
        new("BitFlipping-v0", "Turn bits into the bits of a goal with one flip a step and no sign of being near: for hindsight replay.",
            arguments => new BitFlipping(arguments.Bind<BitFlippingOptions>()))
        {
            Options = typeof(BitFlippingOptions),
        };
}
