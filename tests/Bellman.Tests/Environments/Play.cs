using Xunit;

namespace Bellman.Tests.Environments;

/// <summary>Steps environments from tests without spans in the way.</summary>
public static class Play
{
    public static float[] Reset(this IEnvironment environment, RandomStream? random = null)
    {
        var observation = new float[environment.ObservationSpace.Size];
        environment.Reset(random ?? RandomStream.Create(1), observation);
        return observation;
    }

    public static (float[] Observation, StepResult Result) Take(this IEnvironment environment, params float[] action) =>
        environment.Take(RandomStream.Create(2), action);

    public static (float[] Observation, StepResult Result) Take(this IEnvironment environment, RandomStream random, params float[] action)
    {
        var observation = new float[environment.ObservationSpace.Size];
        var result = environment.Step(action, random, observation);
        return (observation, result);
    }

    /// <summary>Puts the environment into a state given by name.</summary>
    public static T In<T>(this T environment, params (string Name, double Value)[] values) where T : IEnvironment
    {
        var state = MemoryState.Save(environment);
        foreach (var (name, value) in values) { state.Set(name, value); }
        state.Load(environment);
        return environment;
    }

    public static T InState<T>(this T environment, int value) where T : IEnvironment
    {
        var state = MemoryState.Save(environment);
        state.Set("state", value);
        state.Load(environment);
        return environment;
    }

    public static void Near(double expected, double obtained, double tolerance = 5e-7) =>
        Assert.True(Math.Abs(expected - obtained) <= tolerance, $"expected {expected}, obtained {obtained}");

    public static void Near(double[] expected, IEnumerable<double> obtained, double tolerance = 5e-7)
    {
        var values = obtained.ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - values[i]) <= tolerance, $"component {i}: expected {expected[i]}, obtained {values[i]}");
        }
    }

    public static void Near(double[] expected, float[] obtained, double tolerance = 1e-6) => Near(expected, obtained.Select(value => (double)value), tolerance);
}
