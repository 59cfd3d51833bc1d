using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Language;
using Xunit;

namespace Bellman.Tests.Language;

/// <summary>Methods put on others after a plus sign: their options reach them, and what does not fit together is refused by name.</summary>
[Collection("torch alone")]
public sealed class MethodAdditionTests
{
    private sealed record ScaleOptions
    {
        [Description("Factor.")]
        [Range(0.0, 10.0)]
        public double Factor { get; init; } = 2;
    }

    private sealed class Scale(ScaleOptions options, string name) : ICreditTransform, IStageCheck
    {
        public string Name => name;

        public TorchSharp.torch.Tensor Transform(TorchSharp.torch.Tensor advantages, PolicyBatch batch, IMetricSink metrics)
        {
            metrics.Add($"{name}/factor", options.Factor);
            return advantages * options.Factor;
        }

        public void Check(PostTrainingStages stages)
        {
            if (stages.Credit.MinimumGroupSize < 2) { throw new UsageException($"{name} needs groups; {stages.Credit.Name} compares none. Use grpo."); }
        }
    }

    private static readonly MethodAddition[] Additions =
    [
        MethodAddition.Of<ScaleOptions>("scale", "Scales.", (builder, options) => builder.Uses("scale", new MethodConflict("other", "both scale, which is meant once")).Transform(new Scale(options, "scale"))),
        MethodAddition.Of<ScaleOptions>("other", "Scales too.", (builder, options) => builder.Uses("other").Transform(new Scale(options, "other"))),
        MethodAddition.Of<ScaleOptions>("planned", "Plans.", (builder, _) => builder.Uses("planned").WhenBuilt(late => late.Planner(new FixedPlanner(late.CurrentOptions.GroupSize), "planned"))),
    ];

    private static PostTraining Build(TabularLanguageModel model, string method, params (string, string)[] settings) =>
        TabularTraining.Builder(model).Method(method, settings.ToDictionary(pair => pair.Item1, pair => pair.Item2), Additions);

    private static string Refused(string method, params (string, string)[] settings)
    {
        using var model = TabularTraining.Task.Reference();
        return Assert.Throws<UsageException>(() => Build(model, method, settings).Build()).Message;
    }

    [Fact]
    public void Options_reach_the_addition_they_name()
    {
        using var model = TabularTraining.Task.Reference();
        using var trainer = Build(model, "grpo+scale", ("scale.factor", "3"), ("groupSize", "4")).Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.Equal(3, metrics.Last["scale/factor"]);
    }

    [Fact]
    public void Late_parts_see_options_that_were_set_after_them()
    {
        using var model = TabularTraining.Task.Reference();
        using var trainer = Build(model, "grpo+planned").Options(options => options with { GroupSize = 5, PromptsPerStep = 2 }).Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.Equal(10, trainer.History.Count * 5);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused_by_name_and_reason()
    {
        Assert.Contains("'scale' and 'other' cannot be combined: both scale", Refused("grpo+scale+other"), StringComparison.Ordinal);
        Assert.Contains("'scale' and 'other' cannot be combined: both scale", Refused("grpo+other+scale"), StringComparison.Ordinal);
        Assert.Contains("'scale' is added 2 times", Refused("grpo+scale+scale"), StringComparison.Ordinal);
        Assert.Contains("needs groups", Refused("reinforce+scale"), StringComparison.Ordinal);
        Assert.Contains("'planned' and dynamic sampling", Refused("dapo+planned"), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_additions_and_options_are_answered_with_the_nearest()
    {
        Assert.Contains("scale", Refused("grpo+scal"), StringComparison.Ordinal);
        Assert.Contains("factor", Refused("grpo+scale", ("scale.facto", "1")), StringComparison.Ordinal);
        Assert.Contains("from 0 to 10", Refused("grpo+scale", ("scale.factor", "11")), StringComparison.Ordinal);
        Assert.Contains("scale.* those of scale", Refused("grpo", ("scale.factor", "1")), StringComparison.Ordinal);
    }
}
