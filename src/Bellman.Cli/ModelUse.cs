using System.CommandLine;
using Bellman.Language;

namespace Bellman.Cli;

/// <summary>How a model is used: how conversations are written for it, and where and how it computes.</summary>
internal sealed record ModelUse(string? Template, TransformerOptions Compute)
{
    private const string TemplateKey = "template";

    /// <summary>The names under which a run's options keep it.</summary>
    public static readonly string[] Keys = [TemplateKey, "device", "precision", "checkpointing"];

    /// <summary>Reads what a command line or a run says; what it leaves out is as usual.</summary>
    /// <exception cref="UsageException">A value is not valid.</exception>
    public static ModelUse Read(IReadOnlyDictionary<string, string> values) => new(
        values.GetValueOrDefault(TemplateKey),
        OptionSet.Of<TransformerOptions>("the model").Create<TransformerOptions>(values.Where(pair => pair.Key != TemplateKey && Keys.Contains(pair.Key))));
}

/// <summary>The options of the command line that make a <see cref="ModelUse"/>.</summary>
internal sealed class ModelUseOptions
{
    private readonly Option<string?> template = new("--template") { Description = $"How conversations are written: {string.Join(", ", Language.Chat.ChatTemplate.Names)} (default: what the model's folder says)." };
    private readonly Option<string?> device = new("--device") { Description = "Where the model computes: cpu (default), cuda, or cuda:1." };
    private readonly Option<string?> precision = new("--precision") { Description = "Format of matrix products: full (default), or bfloat16, which halves memory on a GPU." };
    private readonly Option<bool> checkpointing = new("--checkpointing") { Description = "Compute activations again in the backward pass instead of keeping them: a third more time, far less memory." };
    private readonly bool trains;

    /// <param name="trains">Whether the command trains the model.</param>
    public ModelUseOptions(bool trains) => this.trains = trains;

    public IEnumerable<Option> All => trains ? [template, device, precision, checkpointing] : [template, device, precision];

    public Command AddTo(Command command)
    {
        foreach (var option in All) { command.Add(option); }
        return command;
    }

    /// <summary>What was asked for, as a run keeps it.</summary>
    public Dictionary<string, string> Given(ParseResult parsed)
    {
        var given = new Dictionary<string, string>();
        foreach (var option in new[] { template, device, precision })
        {
            if (parsed.GetValue(option) is { } value) { given[option.Name.TrimStart('-')] = value; }
        }
        if (trains && parsed.GetValue(checkpointing)) { given[checkpointing.Name.TrimStart('-')] = "true"; }
        return given;
    }

    /// <summary>What a command that does not train asks for: weights are then kept in the format that they are used in.</summary>
    public ModelUse Read(ParseResult parsed)
    {
        var use = ModelUse.Read(Given(parsed));
        return use with { Compute = use.Compute with { Frozen = !trains } };
    }
}
