using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language.Tasks;

/// <summary>How a generated task is written.</summary>
public enum TaskStyle
{
    /// <summary>
    /// As few characters as possible, for small models trained from nothing: <c>3+4-2=</c> is answered by <c>7;5</c>, running
    /// results and then the answer, or by <c>5</c> alone.
    /// </summary>
    Compact,

    /// <summary>
    /// Sentences, for models that know a language; the answer comes on a last line <c>#### 5</c> or in <c>\boxed{5}</c>.
    /// </summary>
    Worded,
}

/// <summary>Options of every generated task.</summary>
public record TaskOptions
{
    /// <summary>Difficulty of the items.</summary>
    [Description("Difficulty: higher levels need more steps or longer inputs.")]
    [Range(1, 1000)]
    public int Level { get; init; } = 1;

    /// <summary>How items are written.</summary>
    [Description("compact: few characters, for small models trained from nothing; worded: sentences, answered on a line '#### ANSWER', for pre-trained models.")]
    public TaskStyle Style { get; init; } = TaskStyle.Compact;
}
