using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Bellman.Runs;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>What engines and threads may not change.</summary>
public class EngineTests
{
    private static readonly PpoOptions Small = new() { Copies = 4, RolloutSteps = 32, Epochs = 2, Minibatches = 2 };

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("Pendulum-v1")]
    public void What_ppo_learns_does_not_depend_on_threads_to_the_last_bit(string environment)
    {
        // Large enough that the value pass over the rollout is split between threads too.
        var options = Small with { Copies = 8, RolloutSteps = 64 };
        Assert.Equal(Parameters(environment, options with { Threads = 1 }), Parameters(environment, options with { Threads = 2 }));
        Assert.Equal(Parameters(environment, options with { Threads = 1 }), Parameters(environment, options with { Threads = 3 }));
    }

    [Fact]
    public void A_state_goes_from_one_engine_to_the_other_and_back_without_a_change()
    {
        using var simd = Make("CartPole-v1", Small with { Engine = Engine.Simd });
        using var metrics = new MetricLog();
        for (var i = 0; i < 3; i++) { simd.Advance(metrics); }
        var saved = JsonState.Save(simd).ToJsonString();
        using var torch = Make("CartPole-v1", Small with { Engine = Engine.Torch });
        JsonState.Load(torch, JsonState.Save(simd));
        Assert.Equal(saved, JsonState.Save(torch).ToJsonString());
        torch.Advance(metrics);
        using var back = Make("CartPole-v1", Small with { Engine = Engine.Simd });
        JsonState.Load(back, JsonState.Save(torch));
        Assert.Equal(JsonState.Save(torch).ToJsonString(), JsonState.Save(back).ToJsonString());
        back.Advance(metrics);
    }

    private static float[] Parameters(string environment, PpoOptions options)
    {
        using var agent = Make(environment, options);
        using var metrics = new MetricLog();
        for (var i = 0; i < 4; i++) { agent.Advance(metrics); }
        return [.. MemoryState.Save(agent).Blocks("model")];
    }

    private static Ppo Make(string environment, PpoOptions options) =>
        new(StandardEnvironments.Registry().MakeVector(environment, options.Copies), options, 7, 100_000);
}
