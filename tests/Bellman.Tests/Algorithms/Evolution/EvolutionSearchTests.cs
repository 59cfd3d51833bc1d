using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.Evolution;

/// <summary>Searches that find what they look for, and agents whose results depend on the seed alone.</summary>
public sealed class EvolutionSearchTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>Fails when the covariance is not adapted: the best stays above 0.2.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Covariance_adaptation_follows_the_banana_valley(int seed)
    {
        var search = new CmaEs(new double[5], 0.5, (ulong)seed);
        var found = Minimise(search, Rosenbrock, 4_000);
        Assert.True(found < 1e-8, $"{found}");
        Assert.All(search.Mean.ToArray(), x => Assert.Equal(1, x, 1e-3));
    }

    /// <summary>Fails when both of a pair lie on the same side: it stays at 38.</summary>
    [Fact]
    public void Mirrored_ranks_find_the_bottom_of_a_bowl_of_forty_numbers()
    {
        var search = new OpenAiEs([.. Enumerable.Repeat(1.0, 40)], deviation: 0.05, learningRate: 0.05, seed: 1, population: 40);
        var found = Minimise(search, point => point.Sum(x => x * x), 8_000);
        Assert.True(found < 0.5, $"{found}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Candidate_is_the_same_whenever_it_is_asked_for(bool covariance)
    {
        IPopulationOptimizer search = covariance ? new CmaEs(new double[6], 0.3, 4) : new OpenAiEs(new double[6], 0.3, 0.1, 4, 8);
        Minimise(search, Rosenbrock, 30 * search.Population);
        double[] Ask(int i)
        {
            var point = new double[6];
            search.Candidate(i, point);
            return point;
        }
        var forwards = Enumerable.Range(0, search.Population).Select(Ask).ToList();
        var parallel = new double[search.Population][];
        Parallel.For(0, search.Population, i => parallel[search.Population - 1 - i] = Ask(search.Population - 1 - i));
        Assert.Equal(forwards, parallel);
        Assert.Equal(forwards.Count, forwards.Select(point => point[0]).Distinct().Count());
    }

    [Fact]
    public void Too_many_numbers_for_a_covariance_are_refused()
    {
        var error = Assert.Throws<UsageException>(() => EvolutionAgent.CmaEs(() => Environments.Make("CartPole-v1"), new CmaEsOptions { Hidden = [64, 64] }, 1));
        Assert.Contains("openai-es", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Odd_population_of_mirrored_pairs_is_refused()
    {
        var error = Assert.Throws<UsageException>(() => EvolutionAgent.OpenAiEs(() => Environments.Make("CartPole-v1"), new OpenAiEsOptions { Population = 7 }, 1));
        Assert.Contains("even", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cma-es")]
    [InlineData("openai-es")]
    public void Copies_and_threads_do_not_change_a_single_number(string algorithm)
    {
        var alone = State(Trained(algorithm, 1, 1, 4));
        Assert.Equal(alone, State(Trained(algorithm, 5, 1, 4)));
        Assert.Equal(alone, State(Trained(algorithm, 3, 3, 4)));
    }

    [Theory]
    [InlineData("cma-es")]
    [InlineData("openai-es")]
    public void Resumed_search_ends_as_if_it_had_never_stopped(string algorithm)
    {
        using var undisturbed = Trained(algorithm, 1, 1, 7);
        using var before = Trained(algorithm, 1, 1, 3);
        using var folder = new Cli.TemporaryFolder();
        AgentFile.Save(before, Path.Combine(folder.Path, "agent"));
        using var after = Make(algorithm, 2, 1, seed: 99);
        AgentFile.Load(after, Path.Combine(folder.Path, "agent"));
        using var log = new MetricLog();
        for (var i = 0; i < 4; i++) { after.Advance(log); }
        Assert.Equal(State(undisturbed), State(after));
        Assert.Equal(Play(undisturbed), Play(after));
    }

    /// <summary>Fails with returns taken for costs: it balances for 9 steps; a random linear policy balances for about 40 steps.</summary>
    [Fact]
    public void Covariance_adaptation_balances_the_pole_with_a_linear_policy()
    {
        using var agent = Make("cma-es", 1, 1, seed: 100);
        new TrainingLoop(agent).Run(100_000, TestContext.Current.CancellationToken);
        var found = Play(agent);
        Assert.True(found >= 475, $"{found}");
    }

    private static double Play(IAgent agent) => Evaluation.Run(agent.Policy, Environments.MakeVector("CartPole-v1", 10), 20, 7).MeanReturn;

    private static string State(IAgent agent) => JsonState.Save(agent).ToJsonString();

    private static IAgent Trained(string algorithm, int copies, int threads, int generations)
    {
        var agent = Make(algorithm, copies, threads, 5);
        using var log = new MetricLog();
        for (var i = 0; i < generations; i++) { agent.Advance(log); }
        return agent;
    }

    private static IAgent Make(string algorithm, int copies, int threads, ulong seed)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var options = registration.Options.Create<AlgorithmOptions>(new Dictionary<string, string>
        {
            ["copies"] = $"{copies}",
            ["threads"] = $"{threads}",
            ["normalizeObservations"] = "true",
            ["episodes"] = "2",
        });
        return registration.Create(new AgentRequest(Environments, "CartPole-v1", options, seed, 1_000_000));
    }

    private static double Minimise(IPopulationOptimizer search, Func<double[], double> function, long evaluations)
    {
        var point = new double[search.Dimension];
        var values = new double[search.Population];
        var best = double.PositiveInfinity;
        while (search.Evaluations + search.Population <= evaluations)
        {
            for (var i = 0; i < values.Length; i++)
            {
                search.Candidate(i, point);
                values[i] = function(point);
                best = Math.Min(best, values[i]);
            }
            search.Tell(values);
        }
        return best;
    }

    private static double Rosenbrock(double[] x)
    {
        var sum = 0.0;
        for (var i = 0; i + 1 < x.Length; i++) { sum += 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2); }
        return sum;
    }
}
