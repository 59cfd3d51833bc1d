using Bellman.Algorithms.Tabular;
using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>What training left behind.</summary>
/// <param name="Table">The learned values.</param>
/// <param name="Episodes">Each training episode.</param>
public sealed record NanorobotsTraining(QTable Table, IReadOnlyList<NanorobotsRun> Episodes);

/// <summary>
/// The corrected mode: rewards and transitions depend on the action, so that Q-learning decides how the robot moves (the method's
/// sections 3.4 and 3.5).
/// </summary>
public sealed class NanorobotsCorrected
{
    private readonly MacroActionWrapper robot;
    private readonly TimeLimit environment;
    private readonly float[] observation = new float[1];
    private readonly float[] action = new float[1];

    /// <summary>The corrected mode with these options.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public NanorobotsCorrected(NanorobotsOptions options)
    {
        Options = OptionSet.Validated(options, "nanorobots");
        robot = new MacroActionWrapper(new ChemotaxisEnvironment(options.World));
        environment = new TimeLimit(robot, options.Horizon);
    }

    /// <summary>The options.</summary>
    public NanorobotsOptions Options { get; }

    /// <summary>The world that episodes are played in.</summary>
    public ChemotaxisWorld3D World => robot.World;

    /// <summary>Learns a table from <see cref="NanorobotsOptions.Episodes"/> episodes.</summary>
    /// <param name="random">Its children are drawn from: the world and the choices apart.</param>
    /// <param name="finished">Called after each episode with its index and summary.</param>
    public NanorobotsTraining Train(RandomStream random, Action<int, NanorobotsRun>? finished = null)
    {
        var table = new QTable(MacroActions.States, MacroActions.Count);
        var learner = new QLearning(table, Options.Alpha, Options.Gamma);
        var choices = random.Child("training choices");
        var episodes = new List<NanorobotsRun>(Options.Episodes);
        var trace = new NanorobotsTrace();
        for (var episode = 0; episode < Options.Episodes; episode++)
        {
            var run = Play(random.Child("training world", episode), state => table.EpsilonGreedy(state, Options.Epsilon, choices), trace, learner);
            episodes.Add(run);
            finished?.Invoke(episode, run);
        }
        return new NanorobotsTraining(table, episodes);
    }

    /// <summary>
    /// Plays <see cref="NanorobotsOptions.EvaluationEpisodes"/> episodes without learning. Equal streams give every policy the same
    /// worlds and the same cell walks (with sensor noise: the same starts).
    /// </summary>
    /// <param name="policy">From a state and the stream of the choices to a macro-action.</param>
    /// <param name="random">Its children are drawn from.</param>
    /// <param name="finished">Called after each episode with its index and summary.</param>
    public NanorobotsRun[] Evaluate(Func<int, RandomStream, int> policy, RandomStream random, Action<int, NanorobotsRun>? finished = null)
    {
        var runs = new NanorobotsRun[Options.EvaluationEpisodes];
        var trace = new NanorobotsTrace();
        for (var episode = 0; episode < runs.Length; episode++)
        {
            runs[episode] = EvaluateOne(policy, random, episode, trace);
            finished?.Invoke(episode, runs[episode]);
        }
        return runs;
    }

    /// <summary>One evaluation episode, which <paramref name="trace"/> follows.</summary>
    public NanorobotsRun EvaluateOne(Func<int, RandomStream, int> policy, RandomStream random, int episode, NanorobotsTrace trace)
    {
        var choices = random.Child("evaluation choices", episode);
        return Play(random.Child("evaluation world", episode), state => policy(state, choices), trace, learner: null);
    }

    /// <summary>The policy of a learned table: greedy but for <see cref="NanorobotsOptions.EvaluationEpsilon"/>.</summary>
    public Func<int, RandomStream, int> PolicyOf(QTable table) => (state, choices) => table.EpsilonGreedy(state, Options.EvaluationEpsilon, choices);

    private NanorobotsRun Play(RandomStream random, Func<int, int> choose, NanorobotsTrace trace, QLearning? learner)
    {
        trace.Begin();
        environment.Reset(random, observation);
        StepResult result;
        do
        {
            var state = (int)observation[0];
            var chosen = choose(state);
            action[0] = chosen;
            result = environment.Step(action, random, observation);
            learner?.Learn(state, chosen, result.Reward, (int)observation[0], result.Terminated);
            var position = World.Robots[0];
            var cell = World.Cells[0];
            trace.Add(new NanorobotsStep((cell - position).Length, World.Field.Concentration(position), result.Reward, position, cell));
        }
        while (!result.Done);
        return trace.Finish(result.Terminated, World.Collisions);
    }
}
