using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>What every agent owes to who resumes it.</summary>
internal static class ResumedAgent
{
    /// <summary>
    /// Loads an agent's state into another one that was trained with another seed, lets both go on and compares all that they would save. Fails when
    /// something that the future depends on is left out of Exchange.
    /// </summary>
    /// <param name="create">Makes an agent with a seed.</param>
    /// <param name="steps">Environment steps before the state is saved.</param>
    /// <param name="otherSteps">Environment steps of the agent that it is loaded into.</param>
    /// <param name="advances">How often both go on.</param>
    public static void GoesOnToTheSameBytes(Func<ulong, IAgent> create, long steps, long otherSteps, int advances)
    {
        using var log = new MetricLog();
        using IAgent original = create(1), restored = create(2);
        while (original.Steps < steps) { original.Advance(log); }
        while (restored.Steps < otherSteps) { restored.Advance(log); }
        JsonState.Load(restored, JsonState.Save(original));
        for (var i = 0; i < advances; i++)
        {
            original.Advance(log);
            restored.Advance(log);
        }
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());
    }
}
