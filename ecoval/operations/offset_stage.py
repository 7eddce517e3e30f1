"""Stages of an offset balance, as a program asks for them: its tables by path, and the verdict where there is one."""

from __future__ import annotations

from ecoval.operations import forms
from ecoval.operations.declared import Algorithm, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.forms_project import (
    LAYERS,
    PROJECT,
    PROJECT_AREAS,
    PROJECT_FILES,
    PROJECT_OUTPUTS,
    RULES,
    STEPS,
    VERDICT_OUTPUTS,
    copied,
)
from ecoval.operations.kinds import Choice, Declaration, Flag, Folder, Number, PlainText, Rows
from ecoval.operations.shared import BASE, LANG, OVERWRITE, THREADS

STAGES = ("declaration", "check", "loss", "credits", "portfolio", "balance", "assess")


TICKED = Rows({"candidate_id": PlainText(), "option_id": PlainText(), "share": Number()}, ("candidate_id",))
ALGORITHMS = (
    Algorithm(
        "project_loss",
        Words("Loss of a project", "项目损失评估"),
        forms.BALANCE,
        Words(
            "Computes what each alternative of a project takes from every service in every area: direct and outside "
            "the footprint, temporary and permanent, per year and as present value, with its range.",
            "计算项目各方案在各区域对各项服务造成的损失：占用范围内与范围外、临时与永久、年损失与现值，并给出范围。",
        ),
        tags="project loss impact 项目 占用 损失 影响 评估 zhanyong sunshi yingxiang footprint offset",
        example="qgis_process run ecoval:project_loss --PROJECT=project.toml --OUT_FOLDER=loss",
        folder="loss",
        special="loss",
        builds={"project": "project"},
        parameters=(
            *PROJECT,
            Parameter(
                "INFLUENCE",
                "source",
                Words("Zones of influence", "影响区"),
                Words(
                    "Polygons outside the footprint with the loss fraction of each service in the field loss, as the "
                    "project file says.",
                    "占用范围外的面要素，各项服务的损失比例按项目文件的说明。",
                ),
                of="polygon",
                optional=True,
                advanced=True,
            ),
            *LAYERS,
            Parameter(
                "NAME",
                "text",
                Words("Name of the project", "项目名称"),
                Words("Title of the statement.", "评估表标题。"),
                optional=True,
                advanced=True,
            ),
            copied("LOSS", Words("Copy of the losses", "损失表副本")),
            copied("AFFECTED", Words("Copy of the affected areas", "受影响区域副本"), "polygon"),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            *PROJECT_OUTPUTS,
            Output("ALTERNATIVES", "vector", Words("Alternatives", "方案")),
        ),
    ),
    Algorithm(
        "offset_credits",
        Words("Credits of candidate parcels", "候选地块增益"),
        forms.BALANCE,
        Words(
            "Computes what each candidate parcel gives to every service in every area, after success, leakage, time "
            "lag and place, and lists the parcels that cannot serve with the reason.",
            "计算每个候选地块对各区域各项服务的增益（已计成功率、泄漏、时滞与空间权重），并列出不能使用的地块及其原因。",
        ),
        tags="offset credits candidates 补偿 候选 地块 增益 buchang houxuan zengyi compensation",
        example="qgis_process run ecoval:offset_credits --PROJECT=project.toml --OUT_FOLDER=credits",
        folder="credits",
        special="credits",
        builds={"project": "project"},
        parameters=(
            *PROJECT,
            Parameter(
                "CANDIDATES",
                "source",
                Words("Candidate parcels", "候选补偿地块"),
                Words(
                    "Polygons with candidate_id, kind_now, kind_target and costs.",
                    "含 candidate_id、kind_now、kind_target 和成本的面要素。",
                ),
                of="polygon",
                optional=True,
            ),
            Parameter(
                "MEASURE",
                "text",
                Words("Measure", "措施"),
                Words("Name of the measure for all parcels, or the field that holds it.", "所有地块的措施名称，或存放措施的字段。"),
                optional=True,
            ),
            Parameter(
                "TARGET_CLASS",
                "text",
                Words("Class after restoration", "恢复后类型"),
                Words(
                    "Code of the ecosystem type for all, or the field that holds it.",
                    "所有地块恢复后的生态系统类型代码，或其字段。",
                ),
                optional=True,
            ),
            Parameter(
                "START",
                "text",
                Words("Start of restoration", "恢复开始年"),
                Words("Year for all parcels, or the field that holds it.", "所有地块的年份，或其字段。"),
                optional=True,
            ),
            Parameter(
                "SUCCESS",
                "text",
                Words("Probability of success", "成功概率"),
                Words("A share for all parcels, or the field that holds it.", "所有地块的比例，或其字段。"),
                optional=True,
            ),
            Parameter(
                "EXCLUDE",
                "layers",
                Words("Land that cannot serve", "不能使用的土地"),
                Words(
                    "Protected land: parcels on it give nothing additional unless they say why. Used in place of that "
                    "of the project file.",
                    "受保护土地：其上的地块若未说明额外性则不能使用。替代项目文件中的设置。",
                ),
                optional=True,
            ),
            *RULES,
            copied("CREDITS", Words("Copy of the credits", "增益表副本")),
            copied("EXCLUDED", Words("Copy of the excluded parcels", "剔除地块副本")),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            *PROJECT_OUTPUTS,
            Output("CANDIDATES_TABLE", "vector", Words("Candidate parcels", "候选补偿地块")),
        ),
    ),
    Algorithm(
        "offset_portfolio",
        Words("Suggested set of parcels", "建议补偿组合"),
        forms.BALANCE,
        Words(
            "Chooses the parcels that balance a project at least cost, area or distance, by an exact programme whose "
            "answer is checked against every rule. Where no set is enough, says what is short, where, and which set "
            "comes closest.",
            "以精确规划选出使项目平衡且成本、面积或距离最小的地块，结果按全部规则复核。若任何组合都不足，则说明缺什么、"
            "缺在何处以及最接近的组合。",
        ),
        tags="offset portfolio optimise 建议 组合 优化 补偿 jianyi zuhe youhua buchang",
        example="qgis_process run ecoval:offset_portfolio --PROJECT=project.toml --OBJECTIVE=cost --OUT_FOLDER=offset",
        folder="offset",
        special="assessment",
        builds={"project": "project"},
        parameters=(
            *PROJECT_FILES,
            *PROJECT_AREAS,
            *STEPS,
            *RULES,
            Parameter(
                "OBJECTIVE",
                "choice",
                Words("Objective", "目标"),
                Words("What is made least. Empty: as the project file says.", "取最小的量；留空：按项目文件。"),
                choices=("cost", "area", "distance"),
                optional=True,
            ),
            Parameter(
                "MUST",
                "text",
                Words("Parcels that must be taken", "必选地块"),
                Words("Identifiers, parted by semicolons.", "地块编号，用分号分隔。"),
                optional=True,
                advanced=True,
            ),
            Parameter(
                "BAN",
                "text",
                Words("Parcels that must not be taken", "禁选地块"),
                Words("Identifiers, parted by semicolons.", "地块编号，用分号分隔。"),
                optional=True,
                advanced=True,
            ),
            Parameter(
                "LIMIT",
                "number",
                Words("Limit of money, CNY", "资金上限（元）"),
                Words("No set costs more.", "组合成本不超过该值。"),
                low=0,
                optional=True,
                advanced=True,
            ),
            Parameter(
                "TIME_LIMIT",
                "whole",
                Words("Time limit, s", "时限（秒）"),
                Words("After it the best set so far is given, as not proven.", "超时则给出目前最好的组合，并注明未证明最优。"),
                low=1,
                optional=True,
                advanced=True,
            ),
            Parameter(
                "WHOLE",
                "flag",
                Words("Whole parcels only", "只用整块地"),
                Words("No parts of parcels.", "不使用部分地块。"),
                default=False,
                optional=True,
                advanced=True,
            ),
            Parameter(
                "CAUTIOUS",
                "flag",
                Words("Choose cautiously", "谨慎选取"),
                Words("With high losses and low gains.", "按高损失、低增益选取。"),
                default=False,
                optional=True,
                advanced=True,
                fills="cautious",
            ),
            copied("CHOSEN", Words("Copy of the chosen parcels", "所选地块副本"), "polygon"),
            copied("BALANCE", Words("Copy of the balance", "结余表副本")),
            copied("GAP", Words("Copy of what is short", "缺口表副本")),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            *VERDICT_OUTPUTS,
        ),
    ),
    Algorithm(
        "offset_balance",
        Words("Balance of chosen parcels", "核定所选地块的平衡"),
        forms.BALANCE,
        Words(
            "Judges a list of parcels that somebody chose: the balance of every service in every area, the statutory "
            "balances, the verdict at mid and at cautious values, and the statement. No optimiser.",
            "对给定的地块清单进行核定：各项服务在各区域的结余、法定占补平衡、中值与谨慎取值下的结论以及评估表。不做优化。",
        ),
        tags="offset balance verify 占补平衡 结余 判定 核定 zhanbu pingheng jieyu claim",
        example="qgis_process run ecoval:offset_balance --PROJECT=project.toml --CHOSEN=parcels.csv --OUT_FOLDER=statement",
        folder="offset",
        special="assessment",
        builds={"project": "project"},
        parameters=(
            *PROJECT,
            *STEPS,
            Parameter(
                "CHOSEN",
                "ticked",
                Words("Chosen parcels", "所选地块"),
                Words(
                    "Layer or table with candidate_id, and option_id, share where they matter. QGIS reads a CSV of two "
                    "columns or more.",
                    "含 candidate_id（必要时含 option_id、share）的图层或表格。QGIS 只能读取两列以上的 CSV。",
                ),
                of="",
                fills="ticked",
            ),
            *RULES,
            copied("BALANCE", Words("Copy of the balance", "结余表副本")),
            copied("STATUTORY", Words("Copy of the statutory balances", "法定平衡表副本")),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            *VERDICT_OUTPUTS,
        ),
    ),
    Algorithm(
        "compare_alternatives",
        Words("Compare alternatives", "方案比选"),
        forms.BALANCE,
        Words(
            "Puts the alternatives of a project side by side: area, cost, value of the loss, overlaps with red line "
            "and no-go land, and which are beaten by another in every service. Several runs of the loss can be listed "
            "together.",
            "并列比较项目各方案：面积、成本、损失价值、与生态保护红线及禁建地的重叠，"
            "以及哪些方案在各项服务上均被其他方案占优。可把多次损失评估列在一起。",
        ),
        tags="alternatives avoid 方案 比选 避免 fangan bixuan bimian pareto",
        example="qgis_process run ecoval:compare_alternatives --PROJECT=project.toml --OUT_FOLDER=alternatives",
        folder="alternatives",
        special="alternatives",
        parameters=(
            *PROJECT,
            Parameter(
                "RUNS",
                "files",
                Words("Loss runs", "损失评估"),
                Words(
                    "run.json or project.toml of earlier losses, listed below each other; dominance holds within each run.",
                    "先前损失评估的 run.json 或 project.toml，逐次列出；占优关系仅在同一次评估内成立。",
                ),
                optional=True,
            ),
            copied("TABLE", Words("Copy of the table", "表格副本")),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            *PROJECT_OUTPUTS,
            Output("HTML", "html", Words("Comparison", "比较")),
            Output("ALTERNATIVES", "vector", Words("Alternatives", "方案")),
        ),
    ),
)

OPERATION = Operation(
    "offset stage",
    Words(
        "One stage of an offset balance: its tables, and the verdict where there is one.",
        "生态占补平衡的一个阶段：表格，以及（有时）结论。",
    ),
    '{"project": "project.toml", "stage": "loss", "out": "loss"}',
    (
        Option(
            "project",
            Declaration(),
            Words("project.toml or plan.toml, or an object with its keys.", "project.toml 或 plan.toml，或含其键的对象。"),
        ),
        Option("stage", Choice(STAGES), Words("Which stage.", "哪一阶段。"), "assess"),
        Option("out", Folder(), Words("Folder of the tables.", "表格的文件夹。"), ""),
        Option("cautious", Flag(), Words("Choose parcels with debits high and credits low.", "按高损失、低增益选取地块。"), False),
        Option(
            "ticked",
            TICKED,
            Words("Parcels that are judged: rows or a table.", "要核定的地块：行或表。"),
            None,
        ),
        THREADS,
        OVERWRITE,
        BASE,
        LANG,
    ),
    "ecoval.engine.offset:offset",
    request=Request("offset"),
    algorithms=ALGORITHMS,
)
